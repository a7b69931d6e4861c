"""Drafts: read, saved or patched under the revision that was read, taken back to a published version, and validated."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Body, Depends, Path, Query
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.bodies import MOST_BYTES
from atlas_workflows.api.manners.exact import ALSO_TAKES, reply
from atlas_workflows.api.manners.preconditions import IfMatch, IfNoneMatch, is_known, revision_of, tag_of
from atlas_workflows.api.manners.problems import HttpProblem, invalid
from atlas_workflows.api.manners.routing import EDITS, KNOWN, READS, api_router
from atlas_workflows.api.routes.versions import definition_of
from atlas_workflows.api.schemas.drafts import Definition, Draft, NewDraft, Saved, Validity
from atlas_workflows.exact_json import dumps, loads
from atlas_workflows.graph.patch import PatchTestFailed, apply_patch
from atlas_workflows.graph.validate import is_valid, problems_of
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.drafts import earlier_draft, save_draft
from atlas_workflows.store.publication import StaleRevision, Standing, read_workflow

ROUTER = api_router("drafts")
Editor = Annotated[Tenant, Depends(EDITS)]
Reader = Annotated[Tenant, Depends(READS)]
Reason = Annotated[str, Query(min_length=1, max_length=1_000, description="Noted in the audit log.")]
Operations = Annotated[list[Any], Body(description="A JSON Patch (RFC 6902).")]
SAVED = "Saved by the API."
JSON_PATCH = "application/json-patch+json"


@ROUTER.get("/workflows/{workflow}/draft", response_model=Draft)
def read_draft(reader: Reader, workflow: UUID, known: IfNoneMatch = None) -> Response:
    """The draft; its ETag is its revision."""
    found = standing_of(reader, workflow)
    tag = tag_of(found.revision)
    if is_known(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return reply(Draft, _document(found), headers={"ETag": tag})


@ROUTER.put("/workflows/{workflow}/draft", name="save_draft", response_model=Saved)
def put_draft(editor: Editor, workflow: UUID, body: NewDraft, match: IfMatch = None) -> Response:
    """Save the draft that was read at the revision in If-Match; 412 brings the one that is there now, and the one that was read."""
    found, revision = _as_read(editor, workflow, match)
    return _saved(editor, found, revision, body.definition, body.reason)


@ROUTER.patch(
    "/workflows/{workflow}/draft", response_model=Saved, openapi_extra={ALSO_TAKES: [JSON_PATCH]}
)  # fmt: skip
def patch_draft(
    editor: Editor, workflow: UUID, body: Operations, reason: Reason = SAVED, match: IfMatch = None
) -> Response:
    """Save what a JSON Patch (RFC 6902) makes of the draft that was read: all of it or, with a 409 where a `test` fails, nothing."""
    found, revision = _as_read(editor, workflow, match)
    try:
        patched = apply_patch(loads(found.definition), body)
    except PatchTestFailed as refusal:
        field = refusal.attributes.get("field")
        raise HttpProblem("conflict", refusal.fact, remedy=refusal.remedy, field=field) from refusal
    if not isinstance(patched, dict):
        raise invalid("path", "The patch makes something else than an object of the draft.", "Correct it.")
    if len(dumps(patched)) > MOST_BYTES:
        fact = f"The patch makes a draft of more than {MOST_BYTES:,} bytes, which could not be sent as a whole any more."
        raise HttpProblem("too_large", fact, remedy="Make the draft smaller.", field="body")
    return _saved(editor, found, revision, patched, reason)


@ROUTER.delete("/workflows/{workflow}/draft", response_model=Saved)
def discard_draft(editor: Editor, workflow: UUID, reason: Reason, match: IfMatch = None) -> Response:
    """Take the draft back to the published version; what it was is kept for a while among its revisions."""
    found, revision = _as_read(editor, workflow, match)
    if found.published_version is None:
        raise HttpProblem("conflict", f"{found.name!r} was never published.", remedy="Save another draft.")
    return _from_version(editor, found, revision, found.published_version, reason, "discard_draft")


@ROUTER.post("/workflows/{workflow}/versions/{version}/restore", response_model=Saved)
def restore_version(
    editor: Editor,
    workflow: UUID,
    version: Annotated[int, Path(ge=1, le=2_147_483_647)],
    reason: Reason = SAVED,
    match: IfMatch = None,
) -> Response:
    """Make an old version the draft; nothing is published. If-Match names the draft that it replaces."""
    found = standing_of(editor, workflow)
    with editor.reading() as connection:
        definition_of(connection, editor.organization, found.id, version)
    found, revision = _as_read(editor, workflow, match)
    return _from_version(editor, found, revision, version, reason, f"restore_version_{version}_draft")


@ROUTER.post("/workflows/{workflow}/validate", response_model=Validity)
def validate_workflow(
    reader: Reader,
    workflow: UUID,
    version: Annotated[int, Query(ge=0, le=2_147_483_647, description="A version; 0 is the draft.")] = 0,
) -> Response:
    """What is wrong with the draft, or with a version by today's rules; nothing is stored."""
    named = reader.require("workflows", "workflow", workflow)
    with reader.reading() as connection:
        return reply(Validity, validity(definition_of(connection, reader.organization, named, version)))


@ROUTER.post("/validate", response_model=Validity, dependencies=[Depends(KNOWN)])
def validate_definition(body: Definition) -> Response:
    """What is wrong with a definition; nothing is stored."""
    return reply(Validity, validity(body.definition))


def validity(definition: Any) -> dict[str, Any]:
    """Whether a definition may be published, and its problems."""
    problems = problems_of(definition, load_catalogue())
    return {"valid": is_valid(problems), "problems": problems}


def standing_of(tenant: Tenant, workflow: UUID) -> Standing:
    """The workflow with its draft, seen through the policies. Raises HttpProblem (404)."""
    named = tenant.require("workflows", "workflow", workflow)
    with tenant.reading() as connection:
        return read_workflow(connection, tenant.organization, named)


def _as_read(editor: Editor, workflow: UUID, match: str | None) -> tuple[Standing, int]:
    """The draft where it is the one that was read. Raises HttpProblem (428, 412)."""
    found = standing_of(editor, workflow)
    revision = revision_of(match, found.revision)
    if found.revision != revision:
        raise _moved_on(editor, found, revision)
    return found, revision


def _from_version(
    editor: Tenant, found: Standing, revision: int, version: int, reason: str, action: str
) -> Response:
    with editor.reading() as connection:
        definition = definition_of(connection, editor.organization, found.id, version)
    return _saved(editor, found, revision, definition, reason, action)


def _saved(
    editor: Tenant, found: Standing, revision: int, definition: Any, reason: str, action: str = "save_draft"
) -> Response:
    _require_its_own(definition, found)
    try:
        with editor.deciding() as connection:
            saved = save_draft(connection, found, revision, definition, editor.by(reason), action=action, user=editor.caller.user)  # fmt: skip
    except StaleRevision:
        raise _moved_on(editor, standing_of(editor, UUID(found.id)), revision) from None
    told = {"workflow": found.id, "revision": saved, **validity(definition)}
    return reply(Saved, told, headers={"ETag": tag_of(saved)})


def _document(standing: Standing) -> dict[str, Any]:
    return {
        "workflow": standing.id, "revision": standing.revision, "definition": loads(standing.definition),
    }  # fmt: skip


def _moved_on(editor: Tenant, now: Standing, read: int) -> HttpProblem:
    """What a merge needs: the draft that is there, and the one that was read; None where that is not kept any more."""
    with editor.reading() as connection:
        ancestor = earlier_draft(connection, now, read) if read < now.revision else None
    return HttpProblem(
        "stale", f"The draft is at revision {now.revision}, not {read}.", field="If-Match",
        remedy="Merge your change into `current` (POST draft/merge), then save it with its ETag.", headers={"ETag": tag_of(now.revision)},
        more={"current": _document(now), "ancestor_revision": read, "ancestor": None if ancestor is None else {"revision": read, "definition": ancestor}},
    )  # fmt: skip


def _require_its_own(definition: Any, standing: Standing) -> None:
    for name, own in (("id", standing.id), ("organization_id", standing.organization)):
        if isinstance(definition, dict) and definition.get(name, own) != own:
            raise invalid(f"definition.{name}", f"It is not that of this workflow ({own}).", "Leave it as it was read.")  # fmt: skip
