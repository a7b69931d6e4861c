"""Workflows as v1 shows them: as they were sent or as their legacy row was, else written back from the definition."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql as compose

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.problems import not_found, shortened
from atlas_workflows.api.v1.documents import EMPTY
from atlas_workflows.api.v1.format import OldFormat
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads

SENT, MIGRATED, WRITTEN = "sent", "migrated", "written"
_NEWEST = (  # as the index has it
    "CASE WHEN w.created_at IS NULL THEN TIMESTAMPTZ '1970-01-01 00:00:00+00' ELSE w.created_at END"
)
_BY: Mapping[str, str] = {
    "created_at": _NEWEST, "updated_at": "w.updated_at", "name": "w.name", "last_run_at": "w.last_run_at",
    "total_executions": "w.total_executions",
}  # fmt: skip
LIVE = ["draft", "active", "paused"]
Statement = compose.SQL | compose.Composed


@dataclass(frozen=True, slots=True)
class Row:
    """A workflow with its draft, and what was sent to v1 where the draft is still that."""

    id: str
    organization: str
    name: str
    description: str | None
    status: str
    owner: str
    tags: list[str]
    revision: int
    definition: str
    total_executions: int
    successful_executions: int
    failed_executions: int
    avg_execution_time_ms: int
    last_run_at: datetime | None
    created_at: datetime | None
    updated_at: datetime | None
    published_version: int | None
    source_id: str | None
    document: str | None


@dataclass(frozen=True, slots=True)
class Shown:
    """A document with where it comes from; of one that was written back it is not yet known whether it says all."""

    row: Row
    document: dict[str, Any]
    origin: str

    @property
    def definition(self) -> dict[str, Any]:
        """The draft."""
        found: dict[str, Any] = loads(self.row.definition)
        return found

    def to_json(self, warnings: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
        """The row as v1's clients know it."""
        row = self.row
        told = {name: getattr(row, name) for name in Row.__slots__ if name in _AS_THEY_ARE}
        return {
            **told, **self.document, "organization_id": row.organization, "version": 1, "warnings": list(warnings),
        }  # fmt: skip


_AS_THEY_ARE = frozenset(
    {"id", "name", "description", "status", "tags", "total_executions", "successful_executions", "failed_executions",
     "last_run_at", "created_at", "updated_at"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """A page of the list."""

    page: int
    page_size: int
    statuses: Sequence[str]
    search: str | None
    trigger_type: str | None
    sort: str
    descending: bool


@dataclass(frozen=True, slots=True)
class _Original:
    id: str
    content: str


def list_shown(tenant: Tenant, old: OldFormat, wanted: Wanted) -> tuple[list[Shown], int]:
    """A page, and how many there are."""
    given = {
        "organization": tenant.organization, "id": None, "statuses": list(wanted.statuses), "search": wanted.search,
        "trigger_type": wanted.trigger_type, "limit": wanted.page_size, "skip": (wanted.page - 1) * wanted.page_size,
    }  # fmt: skip
    with tenant.reading() as connection:
        total = int(scalar(connection, sql("v1/count_workflows"), given))
        found = rows(connection, Row, _statement(wanted), given)
    return show(tenant, old, found), total


def read_shown(tenant: Tenant, old: OldFormat, workflow: str) -> Shown:
    """One, seen through the policies. Raises HttpProblem (404)."""
    given = _one(tenant.organization, workflow)
    with tenant.reading() as connection:
        found = rows(connection, Row, _statement(None), given)
    if not found:
        raise not_found("workflow", shortened(workflow))
    return show(tenant, old, found)[0]


def read_again(connection: Connection, tenant: Tenant, old: OldFormat, workflow: str) -> Shown:
    """The same within a transaction of the owner, for one that was seen before."""
    found = rows(connection, Row, _statement(None), _one(tenant.organization, workflow))
    return _shown(found[0], old, _originals(connection, tenant.organization, found))


def show(tenant: Tenant, old: OldFormat, found: Sequence[Row]) -> list[Shown]:
    """Rows that were seen through the policies, as v1 shows them. Originals are the owner's to read."""
    originals: Mapping[str, str] = {}
    if any(row.source_id is not None and row.document is None for row in found):
        with tenant.deciding() as connection:
            originals = _originals(connection, tenant.organization, found)
    return [_shown(row, old, originals) for row in found]


def pages(total: int, page: int, page_size: int) -> dict[str, int]:
    """What a page says of all."""
    return {
        "total": total, "page": page, "page_size": page_size, "total_pages": math.ceil(total / page_size),
    }  # fmt: skip


def unsaid(shown: Shown, old: OldFormat) -> list[dict[str, Any]]:
    """That a document was written back, and whether it says all that the workflow does."""
    if shown.origin != WRITTEN:
        return []
    if is_whole(shown, old):
        fact = "It was made or changed elsewhere since; this is what it means in the terms of v1."
        return [{"code": "WRITTEN_BACK", "field": None, "message": fact}]
    fact = "It was made or changed elsewhere, and v1 cannot say all of it: see it in v2, and change its steps there."
    return [{"code": "NOT_SAID_IN_V1", "field": "nodes", "message": fact}]


def is_whole(shown: Shown, old: OldFormat) -> bool:
    """Whether the document, read again, gives the draft."""
    row = shown.row
    read = old.read(
        shown.document, id=row.id, organization=row.organization, name=row.name,
        description=row.description or "", tags=row.tags,
    )  # fmt: skip
    return read.definition is not None and old.says_the_same(read.definition, shown.definition)


def _one(organization: str, workflow: str) -> dict[str, Any]:
    return {
        "organization": organization, "id": workflow, "statuses": [], "search": None, "trigger_type": None, "limit": 1,
        "skip": 0,
    }  # fmt: skip


def _statement(wanted: Wanted | None) -> Statement:
    by, direction = (
        ("created_at", "DESC") if wanted is None else (wanted.sort, "DESC" if wanted.descending else "ASC")
    )
    nulls = "" if by in ("created_at", "name", "total_executions") else " NULLS LAST"
    sorting = compose.SQL(f"{_BY[by]} {direction}{nulls}, w.id {direction}")
    return sql("v1/workflows").format(sorting=sorting)


def _originals(connection: Connection, organization: str, found: Sequence[Row]) -> Mapping[str, str]:
    ids = [row.source_id for row in found if row.source_id is not None and row.document is None]
    if not ids:
        return {}
    given = {"organization": organization, "ids": ids}
    return {each.id: each.content for each in rows(connection, _Original, sql("v1/originals"), given)}


def _shown(row: Row, old: OldFormat, originals: Mapping[str, str]) -> Shown:
    if row.document is not None:
        return Shown(row, {**EMPTY, **loads(row.document)}, SENT)
    content = originals.get(row.source_id or "")
    found = None if content is None else old.original(loads(content))
    if found is not None:
        return Shown(row, {**EMPTY, **found}, MIGRATED)
    return Shown(row, {**EMPTY, **old.write(loads(row.definition))}, WRITTEN)
