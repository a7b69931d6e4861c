"""Options of `atlas webhook`: the settings and rules of an endpoint, as words of a command."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from atlas_workflows import exact_json
from atlas_workflows.cli.support import an_instant
from atlas_workflows.errors import InputError
from atlas_workflows.integrations.webhooks.manner import Manner, checked_manner

Methods = Annotated[
    list[str] | None, typer.Option("--method", help="An HTTP method it takes; POST if none is given.")
]
Networks = Annotated[
    list[str] | None, typer.Option("--network", help="Only calls from this address or network; up to 20.")
]
Tolerance = Annotated[
    int | None, typer.Option(help="How many seconds a signed time may be off; the scheme's own if absent.")
]
DeliveryFrom = Annotated[
    str | None,
    typer.Option(metavar="PLACE", help="Where a delivery's id stands: header:x-request-id or body:data.id."),
]
DeliverySeconds = Annotated[
    int | None, typer.Option(help="For how long that id tells a repeat; 30 days if absent.")
]
EventFrom = Annotated[str | None, typer.Option(metavar="PLACE", help="Where the event's name stands.")]
SubjectFrom = Annotated[
    str | None, typer.Option(metavar="PLACE", help="Where the id of the lead, client or contact stands.")
]
OrderFrom = Annotated[
    str | None, typer.Option(metavar="PLACE", help="Calls with the same value there are handled in order.")
]
PublicUrl = Annotated[
    str | None,
    typer.Option(help="The address that the provider was told, where that differs from ATLAS_PUBLIC_URL."),
]
SubjectBy = Annotated[
    str | None,
    typer.Option(metavar="id|email|phone|external_id", help="What --subject-from names; an id if absent."),
]
ContentTypes = Annotated[
    list[str] | None,
    typer.Option(
        "--content-type", metavar="json|form", help="A kind of body it takes; both if none is given."
    ),
]
MaxBytes = Annotated[int | None, typer.Option(help="A body of more is refused; 1048576 at most.")]
PerAddress = Annotated[int | None, typer.Option(help="Calls a second that one address may make.")]
Origins = Annotated[
    list[str] | None,
    typer.Option("--origin", help="Only calls whose header Origin is this one, or another one given."),
]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="NAME[: VALUE]", help="A header that every call has to carry."),
]
Events = Annotated[
    list[str] | None, typer.Option("--event", help="Of others nothing comes; the caller hears a success.")
]
Conditions = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        allow_dash=True,
        help="A condition on trigger.…, as JSON: calls that do not fulfil it start nothing.",
    ),
]
Map = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="NAME=PLACE", help="Fills a field of the trigger: amount=body:data.total."),
]
Expires = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="From then on calls are refused, such as 2026-12-31T18:00:00Z."),
]
_LISTS = ("methods", "networks", "content_types", "origins", "headers", "events")


def manner_with(before: Manner, given: Mapping[str, Any]) -> Manner:
    """A manner with the options that were given. Raises InputError."""
    changes: dict[str, Any] = {
        name: tuple(value) if name in _LISTS else value for name, value in given.items() if value
    }
    if "methods" in changes:
        changes["methods"] = tuple(word.upper() for word in changes["methods"])
    if "conditions" in changes:
        changes["conditions"] = read_object(changes["conditions"], "conditions")
    if "mapping" in changes:
        changes["mapping"] = dict(_pair(text) for text in changes["mapping"])
    if "expires_at" in changes:
        changes["expires_at"] = _instant_text(changes["expires_at"])
    numbers = ("tolerance", "delivery_seconds", "max_bytes", "per_address")
    changes |= {name: given[name] for name in numbers if given.get(name) is not None}
    return checked_manner(replace(before, **changes))


def manner_without(before: Manner, names: Sequence[str]) -> Manner:
    """A manner in which these settings are what they are where nobody says anything. Raises InputError."""
    standard = Manner()
    known = Manner.__slots__
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(
            f"A webhook has no setting {unknown[0][:60]}.",
            remedy=f"There are: {', '.join(sorted(known))}.",
            field="clear",
        )
    return replace(before, **{name: getattr(standard, name) for name in names})


def _instant_text(text: str) -> str:
    found = an_instant(text)
    assert found is not None  # only nothing is no instant
    return found.isoformat()


def _pair(text: str) -> tuple[str, str]:
    name, mark, place = text.partition("=")
    if not mark:
        raise InputError(f"{text[:60]!r} maps nothing.", remedy="Write amount=body:data.total.", field="map")
    return name.strip(), place.strip()


def read_object(path: Path, name: str) -> dict[str, Any]:
    """The JSON object in a file, or of standard input for -. Raises InputError."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise InputError(
            f"{path} cannot be read.", remedy="Give a file of JSON, or -.", field=name
        ) from cause
    found = exact_json.loads_unambiguous(text)
    if not isinstance(found, dict):
        raise InputError(f"The {name} are no object.", remedy="Write a JSON object.", field=name)
    return found
