"""The lead or client of a recorded trigger as both sides see it, and texts in which nothing of that person is left. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.secrets.masking import mask

LONGEST_SHOWN = 300
_SHORTEST_HIDDEN = 3
# Values that say nothing about who it is, however often they occur.
_HARMLESS = frozenset(
    {"status", "source", "stage", "score", "tags", "temperature", "created_at", "updated_at"}
)
_SPELLINGS = {"phone_number": "phone", "lead_score": "score", "org_id": "organization_id"}


def contact_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of leads, clients or contacts under the names that texts and conditions use."""
    contact = {_SPELLINGS.get(name, name): value for name, value in row.items() if value is not None}
    name = contact.get("name")
    if isinstance(name, str) and name.strip() and "first_name" not in contact:
        first, _, last = name.strip().partition(" ")
        contact |= {"first_name": first} | ({"last_name": last} if last else {})
    if "name" not in contact and "first_name" in contact:
        contact["name"] = f"{contact['first_name']} {contact.get('last_name') or ''}".strip()
    return contact


def without_person(value: Any, contact: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """A value as text, whatever came from the person replaced by the name of its field."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else dumps_text(value)
    for name, personal in sorted(_personal(contact, event), key=lambda pair: -len(pair[1])):
        text = text.replace(personal, f"‹{name}›")
    text = mask(text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _personal(contact: Mapping[str, Any], event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for holder in (contact, event):
        for name, value in holder.items():
            if name not in _HARMLESS:
                yield from _written(name, value)


def _written(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from _personal(value, {})
    elif isinstance(value, list):
        for item in value:
            yield from _written(name, item)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        written = str(value)
        if len(written) >= _SHORTEST_HIDDEN:
            yield name, written
