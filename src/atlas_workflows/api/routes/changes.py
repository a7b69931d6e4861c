"""What happened in an organization since a place: asked for, or streamed as server-sent events."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import document_of, reply
from atlas_workflows.api.manners.preconditions import IfNoneMatch, is_known, tag_of
from atlas_workflows.api.manners.problems import invalid
from atlas_workflows.api.manners.routing import READS, Limit, api_router
from atlas_workflows.api.manners.streams import Streams
from atlas_workflows.api.schemas.changes import Change, Changes
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql

ROUTER = api_router("changes")
Reader = Annotated[Tenant, Depends(READS)]
Since = Annotated[
    str | None, Query(max_length=60, description="`next` of the answer before; now where left out.")
]
LastEvent = Annotated[str | None, Header(alias="Last-Event-ID", max_length=60)]
AT_ONCE = 100
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_PLACE = re.compile(rf"(0|[1-9][0-9]{{0,18}})\.(?:(0|[1-9][0-9]{{0,17}})|([se])({_UUID}))", re.ASCII)
# Within a transaction: decisions, executions that started, executions that ended.
KINDS = {"": 0, "s": 1, "e": 2}


@dataclass(frozen=True, slots=True)
class Place:
    """A place among the changes: a transaction, and behind which of its entries. `id` is of a decision, `execution` of the others."""

    transaction: str
    kind: str = ""
    id: int = 0
    execution: str | None = None

    def __str__(self) -> str:
        return f"{self.transaction}.{self.kind}{self.id if self.execution is None else self.execution}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened, and the transaction that wrote it."""

    transaction: int
    kind: int
    key: str
    at: datetime
    action: str
    subject_table: str | None
    subject_id: str | None

    @property
    def place(self) -> str:
        letter = next(name for name, kind in KINDS.items() if kind == self.kind)
        return f"{self.transaction}.{letter}{self.key}"


@dataclass(frozen=True, slots=True)
class Now:
    """The place behind all that shows now."""

    transaction: str
    is_beyond: bool


@ROUTER.get("/changes", response_model=Changes)
def list_changes(
    reader: Reader, since: Since = None, limit: Limit = AT_ONCE, known: IfNoneMatch = None
) -> Response:
    """What happened since a place, in its order: decisions, and executions that started and ended. 304 where nothing did."""
    place = _parts(since, "since")
    with reader.reading() as connection:
        start, reset = _start(connection, place)
        found = _entries(connection, reader.organization, start, limit)
    following = found[-1].place if found else str(start)
    tag = tag_of(following)
    if not found and not reset and is_known(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    told = {"items": [_document(entry) for entry in found], "next": following, "reset": reset}
    return reply(Changes, told, headers={"ETag": tag})


@ROUTER.get(
    "/changes/stream", responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    response_class=Response,
)  # fmt: skip
def stream_changes(request: Request, reader: Reader, since: Since = None, last: LastEvent = None) -> Response:
    """The same as server-sent events, from Last-Event-ID or `since` on: `id` is the place, `data` a change. Ends after five minutes."""
    place = _parts(last, "Last-Event-ID") or _parts(since, "since")
    with reader.reading() as connection:
        start, _ = _start(connection, place)

    def look(named: str) -> Sequence[tuple[str, Mapping[str, Any]]]:
        with reader.reading() as connection:
            found = _entries(connection, reader.organization, _parts(named, "place") or start, AT_ONCE)
        return [(entry.place, document_of(Change, _document(entry))) for entry in found]

    streams: Streams = request.app.state.streams
    return streams.open(reader.caller.name, str(start), look)


def _start(connection: Connection, place: Place | None) -> tuple[Place, bool]:
    """The place to begin at, and whether the one given is of another database, such as that before a restore."""
    now = one(connection, Now, sql("api/changes_now"), {"transaction": place and place.transaction})
    assert now is not None  # one row by construction
    if place is None or now.is_beyond:
        return Place(now.transaction), now.is_beyond
    return place, False


def _entries(connection: Connection, organization: str, place: Place, limit: int) -> list[Entry]:
    given = {
        "organization": organization, "transaction": place.transaction, "kind": KINDS[place.kind], "id": place.id,
        "execution": place.execution, "limit": limit,
    }  # fmt: skip
    return rows(connection, Entry, sql("api/changes"), given)


def _document(entry: Entry) -> dict[str, Any]:
    return {
        "place": entry.place, "at": entry.at, "action": entry.action, "what": entry.subject_table, "id": entry.subject_id,
    }  # fmt: skip


def _parts(text: str | None, field: str) -> Place | None:
    if text is None:
        return None
    found = _PLACE.fullmatch(text)
    if found is None:
        raise invalid(field, "This is no place among the changes.", "Give `next` of the answer before.")
    if found[3] is None:
        return Place(found[1], id=int(found[2]))
    return Place(found[1], found[3], execution=found[4])
