"""Published versions of a workflow, and what differs between two of them or between one and the draft."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import not_found
from atlas_workflows.api.manners.routing import READS, Limit, api_router
from atlas_workflows.api.schemas.versions import Differences, Version, Versions, VersionWithDefinition
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.diff import differences
from atlas_workflows.store.publication import read_workflow

ROUTER = api_router("versions")
Reader = Annotated[Tenant, Depends(READS)]
Number = Annotated[int, Path(ge=0, le=2_147_483_647, description="A version; 0 is the draft.")]
DRAFT = 0


@dataclass(frozen=True, slots=True)
class Row:
    """A version as the database has it."""

    version: int
    definition_hash: str
    origin: str
    executor: str
    changes: str | None
    created_at: datetime | None
    definition: str | None


@ROUTER.get("/workflows/{workflow}/versions", response_model=Versions)
def list_workflow_versions(
    reader: Reader,
    workflow: UUID,
    limit: Limit = 50,
    before: Annotated[
        int | None, Query(ge=1, le=2_147_483_647, description="`next` of the page before.")
    ] = None,
) -> Response:
    """The published versions, the newest first."""
    named = reader.require("workflows", "workflow", workflow)
    with reader.reading() as connection:
        found = _rows(connection, named, limit + 1, before=before)
    shown = found[:limit]
    items = [_without_definition(row) for row in shown]
    return reply(Versions, {"items": items, "next": shown[-1].version if len(found) > limit else None})


@ROUTER.get("/workflows/{workflow}/versions/{version}", response_model=VersionWithDefinition)
def read_workflow_version(
    reader: Reader, workflow: UUID, version: Annotated[int, Path(ge=1, le=2_147_483_647)]
) -> Response:
    """One published version with its definition; it never changes."""
    named = reader.require("workflows", "workflow", workflow)
    with reader.reading() as connection:
        found = _rows(connection, named, 1, version=version)
    if not found:
        raise not_found("version", str(version))
    told = asdict(found[0]) | {"definition": loads(found[0].definition or "null")}
    return reply(VersionWithDefinition, told)


@ROUTER.get("/workflows/{workflow}/versions/{before}/diff/{after}", response_model=Differences)
def diff_workflow_versions(reader: Reader, workflow: UUID, before: Number, after: Number) -> Response:
    """What differs between two versions, by the ids of steps; 0 stands for the draft."""
    named = reader.require("workflows", "workflow", workflow)
    with reader.reading() as connection:
        old, new = (definition_of(connection, reader.organization, named, each) for each in (before, after))
    found = differences(old, new)
    told = {
        "before": _named(before), "after": _named(after), "items": found,
        "same_behaviour": all(each.kind == "moved" for each in found),
    }  # fmt: skip
    return reply(Differences, told)


def definition_of(connection: Connection, organization: str, workflow: str, version: int) -> Any:
    """The definition of a version, or of the draft. Raises HttpProblem (404)."""
    if version == DRAFT:
        return loads(read_workflow(connection, organization, workflow).definition)
    found = _rows(connection, workflow, 1, version=version)
    if not found:
        raise not_found("version", str(version))
    return loads(found[0].definition or "null")


def _rows(
    connection: Connection,
    workflow: str,
    limit: int,
    *,
    version: int | None = None,
    before: int | None = None,
) -> list[Row]:
    given = {"workflow": workflow, "limit": limit, "version": version, "before": before}
    return rows(connection, Row, sql("api/versions"), given)


def _without_definition(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Version.model_fields}


def _named(version: int) -> str:
    return "draft" if version == DRAFT else str(version)
