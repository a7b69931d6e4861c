"""Drafts: read, saved under the revision that was read, and validated."""

from typing import Annotated, Any
from uuid import UUID

import psycopg
from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.preconditions import IfMatch, IfNoneMatch, is_known, revision_of, tag_of
from atlas_workflows.api.manners.problems import HttpProblem, invalid
from atlas_workflows.api.manners.routing import EDITS, KNOWN, READS, api_router
from atlas_workflows.api.schemas.drafts import Definition, Draft, NewDraft, Saved, Validity
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.graph.validate import is_valid, problems_of
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.publication import Standing, read_workflow
from atlas_workflows.store.steering import audit

ROUTER = api_router("drafts")
Editor = Annotated[Tenant, Depends(EDITS)]


@ROUTER.get("/workflows/{workflow}/draft", response_model=Draft)
def read_draft(
    reader: Annotated[Tenant, Depends(READS)], workflow: UUID, known: IfNoneMatch = None
) -> Response:
    """The draft; its ETag is its revision."""
    found = _standing(reader, workflow)
    tag = tag_of(found.revision)
    if is_known(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return reply(Draft, _document(found), headers={"ETag": tag})


@ROUTER.put("/workflows/{workflow}/draft", response_model=Saved)
def save_draft(editor: Editor, workflow: UUID, body: NewDraft, match: IfMatch = None) -> Response:
    """Save the draft that was read at the revision in If-Match; 412 brings the one that is there now."""
    found = _standing(editor, workflow)
    revision = revision_of(match, found.revision)
    _require_its_own(body.definition, found)
    if found.revision != revision:
        raise _moved_on(found, revision)
    if found.status == "archived":
        raise HttpProblem("conflict", f"{found.name!r} is archived.", remedy="Copy it to a new workflow.")
    given = {
        "id": found.id, "revision": revision, "definition": dumps_text(body.definition), "user": editor.caller.user,
    }  # fmt: skip
    try:
        with editor.deciding() as connection, connection.transaction():
            saved = scalar(connection, sql("api/save_draft"), given)
            audit(connection, editor.organization, ("workflows", found.id), f"save_draft_{saved}", editor.by(body.reason))  # fmt: skip
    except psycopg.errors.SerializationFailure:
        raise _moved_on(_standing(editor, workflow), revision) from None
    problems = problems_of(body.definition, load_catalogue())
    told = {"workflow": found.id, "revision": saved, "valid": is_valid(problems), "problems": problems}
    return reply(Saved, told, headers={"ETag": tag_of(saved)})


@ROUTER.post("/validate", response_model=Validity, dependencies=[Depends(KNOWN)])
def validate_definition(body: Definition) -> Response:
    """What is wrong with a definition; nothing is stored."""
    problems = problems_of(body.definition, load_catalogue())
    return reply(Validity, {"valid": is_valid(problems), "problems": problems})


def _standing(tenant: Tenant, workflow: UUID) -> Standing:
    named = tenant.require("workflows", "workflow", workflow)
    with tenant.reading() as connection:
        return read_workflow(connection, tenant.organization, named)


def _document(standing: Standing) -> dict[str, Any]:
    return {
        "workflow": standing.id, "revision": standing.revision, "definition": loads(standing.definition),
    }  # fmt: skip


def _moved_on(now: Standing, read: int) -> HttpProblem:
    return HttpProblem(
        "stale", f"The draft is at revision {now.revision}, not {read}.", field="If-Match",
        remedy="Merge your change into `current`, then save it with its ETag.", headers={"ETag": tag_of(now.revision)},
        more={"current": _document(now), "ancestor_revision": read},
    )  # fmt: skip


def _require_its_own(definition: dict[str, Any], standing: Standing) -> None:
    for name, own in (("id", standing.id), ("organization_id", standing.organization)):
        if definition.get(name, own) != own:
            raise invalid(f"definition.{name}", f"It is not that of this workflow ({own}).", "Leave it as it was read.")  # fmt: skip
