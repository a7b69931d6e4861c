"""Workflows made and changed by v1: what was sent is translated, kept beside the draft, and stored whole or refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid4

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.refusals import problem_document
from atlas_workflows.api.v1.documents import EMPTY, FIELDS, changed, moved, moves, refused, require_storable
from atlas_workflows.api.v1.format import OldFormat, Read, Remark
from atlas_workflows.api.v1.shown import MIGRATED, SENT, Row, Shown, is_whole, read_again
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.drafts import save_draft
from atlas_workflows.store.publication import DraftInvalid, Standing, publish_version, read_workflow
from atlas_workflows.store.steering import By, audit

Told = list[dict[str, Any]]
READ_ONLY = (
    "version", "total_executions", "successful_executions", "failed_executions", "last_run_at", "created_at", "updated_at",
)  # fmt: skip
WHY = "Sent to v1."
_NOT_PUBLISHED = {
    "code": "DRAFT_NOT_PUBLISHED", "field": "status",
    "message": "The draft that is shown was changed elsewhere and is not published; what is executed is the version before it.",
}  # fmt: skip


class Drafted(StrEnum):
    """Who has changed the draft since it was published."""

    NOTHING = "nothing"
    BY_V1 = "by_v1"
    ELSEWHERE = "elsewhere"


def create(
    connection: Connection, tenant: Tenant, old: OldFormat, sent: Mapping[str, Any]
) -> tuple[str, Told]:
    """A new workflow, published where it is sent as active; its id, and what is to be told. Raises HttpProblem."""
    require_storable(sent, "body")
    if sent["status"] not in ("draft", "active"):
        raise _impossible(
            f"A new workflow is draft or active, not {sent['status']}.", "Make it active and pause it."
        )
    named, document = str(uuid4()), {**EMPTY, **{name: sent[name] for name in FIELDS if name in sent}}
    description, tags = sent.get("description"), sent.get("tags", [])
    read = old.read(
        document, id=named, organization=tenant.organization, name=sent["name"], description=description or "",
        tags=tags,
    )  # fmt: skip
    given = {
        "id": named, "organization": tenant.organization, "name": sent["name"], "description": description, "tags": tags,
        "definition": dumps_text(_definition(read)),
    }  # fmt: skip
    connection.execute(sql("api/insert_workflow"), given)
    audit(connection, tenant.organization, ("workflows", named), "create_workflow", _by(tenant))
    _keep(connection, tenant, named, document)
    if sent["status"] == "active":
        _publish(connection, tenant, named)
    return named, _remarks(read) + _idle(sent["status"], _definition(read))


def change(
    connection: Connection, tenant: Tenant, old: OldFormat, workflow: str, sent: Mapping[str, Any]
) -> Told:
    """Save what was sent of a workflow that the caller has seen, in one transaction; one that is or becomes active is published.

    Left to do behind it is to pause, resume or archive, which hold the queue. Raises HttpProblem; nothing is stored then.
    """
    require_storable(sent, "body")
    given = {"organization": tenant.organization, "workflow": workflow}
    connection.execute(sql("engine/locked_workflow"), given)
    shown = read_again(connection, tenant, old, workflow)
    _require_ours(shown, sent)
    told = _ignored(shown, sent)
    status, wanted = shown.row.status, sent.get("status", shown.row.status)
    _require_way(status, wanted)
    definition, document, more = _after(shown, tenant, old, sent)
    is_saved, drafted = definition != shown.definition, _drafted(connection, shown)
    if is_saved and drafted is Drafted.ELSEWHERE:
        fact = "Its draft was changed elsewhere and is not published: this change would be published with it."
        raise HttpProblem("conflict", fact, remedy="Publish the draft in v2, or take it back there.")
    if drafted is Drafted.ELSEWHERE:
        document = None  # kept, it would make the draft v1's own
    if is_saved or document is not None or _renames(shown, sent):
        _save(connection, tenant, shown, sent, definition)
        if document is not None:
            _keep(connection, tenant, workflow, document)
    if wanted == "active" and (is_saved or (status != "active" and drafted is Drafted.BY_V1)):
        _publish(connection, tenant, workflow)
    elif wanted != status and drafted is Drafted.ELSEWHERE:
        told = [*told, _NOT_PUBLISHED]
    return told + more + _idle(wanted, definition)


def status_of(connection: Connection, organization: str, workflow: str) -> str:
    """How it stands by now."""
    return read_workflow(connection, organization, workflow).status


def _drafted(connection: Connection, shown: Shown) -> Drafted:
    """Whether there is something to publish, and whose; a workflow of which nothing is published has nobody to keep it back."""
    row = shown.row
    if row.published_version is None:
        return Drafted.BY_V1
    given = {"organization": row.organization, "workflow": row.id, "version": row.published_version}
    text = scalar(connection, sql("engine/definition"), given)
    if text is not None and loads(text) == shown.definition:
        return Drafted.NOTHING
    return Drafted.BY_V1 if shown.origin == SENT else Drafted.ELSEWHERE


def _after(
    shown: Shown, tenant: Tenant, old: OldFormat, sent: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None, Told]:
    """The definition and the document after a change, and what is to be told; no document where none is kept."""
    before = shown.document
    after = changed(before, {name: sent[name] for name in FIELDS if name in sent})
    named = _named(shown, sent)
    if after == before:
        definition = {**shown.definition, **named}
        # A row that was migrated is shown as it was only while nothing of the draft is changed: from then on as it is kept here.
        kept = shown.origin == SENT or (shown.origin == MIGRATED and definition != shown.definition)
        return definition, before if kept else None, []
    drawn = moves(before, after)
    if drawn is not None:
        # Only drawn elsewhere: nothing is translated, so nothing can be lost.
        kept = shown.origin == SENT or is_whole(shown, old)
        return moved({**shown.definition, **named}, drawn), after if kept else None, []
    if not is_whole(shown, old):
        fact = "The workflow holds what v1 cannot say, which this change would lose."
        raise HttpProblem("conflict", fact, remedy="Change its steps through v2.", field="nodes")
    read = old.read(
        after, id=shown.row.id, organization=tenant.organization, name=sent.get("name", shown.row.name),
        description=sent.get("description", shown.row.description) or "", tags=sent.get("tags", shown.row.tags),
    )  # fmt: skip
    return _definition(read), after, _remarks(read)


def _idle(status: str, definition: Mapping[str, Any]) -> Told:
    if status != "active" or definition.get("nodes"):
        return []
    return [{"code": "ACTIVE_WITHOUT_NODES", "field": "nodes", "message": "It is active and does nothing."}]


def _named(shown: Shown, sent: Mapping[str, Any]) -> dict[str, Any]:
    """What a definition says besides its steps."""
    names = {name: sent[name] for name in ("name", "description", "tags") if name in sent}
    names |= {"description": names["description"] or ""} if "description" in names else {}
    before = shown.definition
    return {name: value for name, value in names.items() if before.get(name) or value}


def _renames(shown: Shown, sent: Mapping[str, Any]) -> bool:
    return any(
        name in sent and sent[name] != getattr(shown.row, name) for name in ("name", "description", "tags")
    )


def _save(
    connection: Connection,
    tenant: Tenant,
    shown: Shown,
    sent: Mapping[str, Any],
    definition: Mapping[str, Any],
) -> None:
    row, by = shown.row, _by(tenant)
    if definition != shown.definition:
        standing = read_workflow(connection, tenant.organization, row.id)
        save_draft(connection, standing, row.revision, dict(definition), by, user=tenant.caller.user)
    else:
        audit(connection, tenant.organization, ("workflows", row.id), f"save_draft_{row.revision}", by)
    given = {
        "id": row.id, "organization": tenant.organization, "name": sent.get("name", row.name),
        "description": sent.get("description", row.description), "tags": sent.get("tags", row.tags),
    }  # fmt: skip
    connection.execute(sql("v1/rename"), given)


def _keep(connection: Connection, tenant: Tenant, workflow: str, document: Mapping[str, Any]) -> None:
    given = {
        "organization": tenant.organization, "id": workflow, "document": dumps_text(dict(document)), "now": tenant.now,
    }  # fmt: skip
    connection.execute(sql("v1/keep_document"), given)


def _publish(connection: Connection, tenant: Tenant, workflow: str) -> None:
    standing = read_workflow(connection, tenant.organization, workflow)
    try:
        publish_version(
            connection, tenant.organization, workflow, standing.revision, load_catalogue(), _by(tenant), now=tenant.now
        )  # fmt: skip
    except DraftInvalid as cause:
        found = [problem_document(problem) for problem in cause.problems if problem.severity.value == "error"]
        raise refused(
            [{**each, "field": _place(each)} for each in found], "Correct it, or save it as draft."
        ) from cause


def _place(problem: Mapping[str, Any]) -> str | None:
    return ".".join(part for part in (problem["node"], problem["field"]) if part) or None


def _definition(read: Read) -> dict[str, Any]:
    if read.definition is None:
        raise refused([_remark(each) for each in read.refused])
    return dict(read.definition)


def _remarks(read: Read) -> Told:
    return [_remark(each) for each in read.told]


def _remark(remark: Remark) -> dict[str, Any]:
    return {"code": remark.code, "field": remark.field, "message": remark.message}


def _ignored(shown: Shown, sent: Mapping[str, Any]) -> Told:
    """What is only read, where it was sent otherwise than it is."""
    now = shown.to_json()
    return [
        {"code": "READ_ONLY", "field": name, "message": "It is counted here; what was sent is not stored."}
        for name in READ_ONLY
        if name in sent and not _is_same(sent[name], now[name])
    ]


def _is_same(sent: Any, now: Any) -> bool:
    return sent == now or (hasattr(now, "isoformat") and str(sent).replace("Z", "+00:00") == now.isoformat())


def _require_ours(shown: Shown, sent: Mapping[str, Any]) -> None:
    row = shown.row
    for name, own in (("id", row.id), ("organization_id", row.organization)):
        if name in sent and sent[name] != own:
            told = {"code": "NOT_ITS_OWN", "field": name, "message": f"It is {own} and stays that."}
            raise refused([told], "Leave it out.")
    if sent.get("description", "") is None and row.description:
        told = {
            "code": "WOULD_BE_WIPED",
            "field": "description",
            "message": "description is null here and was not before.",
        }
        raise refused([told], 'Leave it out to keep it, or send "".')
    if row.status == "archived":
        raise HttpProblem("conflict", f"{row.name!r} is archived.", remedy="Copy it to a new workflow.")
    require_executed_here(row)


def require_executed_here(row: Row | Standing) -> None:
    """Raise HttpProblem (409) where the old application has the workflow, which is locked, still."""
    if row.owner == "legacy_app":
        fact = f"{row.name!r} is still executed by the old application."
        raise HttpProblem("conflict", fact, remedy="Change it there until its organization is cut over.")


def _require_way(status: str, wanted: str) -> None:
    """From where to where a status may go in one step."""
    if wanted == "draft" and status != "draft":
        raise _impossible("What was published does not become a draft again.", "Pause it.")
    if wanted == "paused" and status == "draft":
        raise _impossible("What was never published cannot be paused.", "Leave it a draft.")


def _impossible(fact: str, remedy: str) -> HttpProblem:
    return refused([{"code": "STATUS_IMPOSSIBLE", "field": "status", "message": fact}], remedy)


def _by(tenant: Tenant) -> By:
    return tenant.by(WHY)
