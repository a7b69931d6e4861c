"""Ids of sealed secrets: made with a key, so that nobody who knows a row's id can name its secret.

Translation, which knows no key, names a secret by its row and place. Before anything is written these names become
keyed ones, and whatever stands there as a reference and is none of ours stops being one. Pure.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from atlas_workflows.legacy.hidden_rows import DOCUMENTS, rehashed
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.records import RowsOutcome, SourceRow
from atlas_workflows.legacy.source.references import MARK
from atlas_workflows.secrets.masking import HIDDEN

Keyed = Callable[[str], str]
WEBHOOKS = "webhook_triggers"
REFERRING = ("secret_id", "webhook_secret_id")
# In JSON text a quote inside a text is escaped, so this finds keys alone; alone in their object they are references.
_REFERENCE = re.compile(r'\{"\$secret": ?"([0-9a-f-]{36})"\}|"\$secret":')


def secret_id(name: UUID | str, organization: str | None, keyed: Keyed) -> UUID:
    """The id under which an organization's secret of this name is sealed; the same for the same key of identity."""
    return UUID(keyed(f"secret id {organization} {name}")[:32], version=4)


def with_keyed_ids(verdict: RowsOutcome, row: SourceRow, keyed: Keyed) -> RowsOutcome:
    """The verdict with every secret under its keyed id, in the rows as well.

    What belongs to nobody has no secrets: nobody could open them, so what stood there is only hidden.
    """
    if not verdict.secrets and not any(_refers(row) for rows in verdict.rows.values() for row in rows):
        return verdict
    own = {str(found.id) for found in verdict.secrets} | set(_lent(row))
    owner = verdict.organization_id
    ids = {name: str(secret_id(name, owner, keyed)) for name in own} if owner else {}
    rows = {
        table: [_with_keyed_ids(member, own, ids) for member in members]
        for table, members in verdict.rows.items()
    }
    secrets = (replace(found, id=UUID(ids[str(found.id)])) for found in verdict.secrets if owner)
    return replace(verdict, rows=rows, secrets=tuple(secrets))


def _refers(row: Mapping[str, Any]) -> bool:
    return any(type(value) is str and MARK in value for value in row.values()) or any(
        row.get(name) for name in REFERRING
    )


def _lent(row: SourceRow) -> Iterable[str]:
    """Secrets that rows beside this one seal, and that its triggers refer to."""
    for members in row.side.values():
        for member in members:
            yield str(derived_id(WEBHOOKS, member.get("id") or "", "secret:secret"))


def _with_keyed_ids(row: Mapping[str, Any], own: Collection[str], ids: Mapping[str, str]) -> dict[str, Any]:
    def reference(match: re.Match[str]) -> str:
        name = match[1]
        if name is None or name not in own:
            return match.group().replace(MARK, f"${MARK}")
        return match.group().replace(name, ids[name]) if name in ids else f'"{HIDDEN}"'

    made = dict(row)
    for name, value in row.items():
        if name in REFERRING:
            made[name] = ids.get(value)
        elif name in DOCUMENTS and type(value) is str and MARK in value:
            made[name] = _REFERENCE.sub(reference, value)
    return rehashed(made, row)
