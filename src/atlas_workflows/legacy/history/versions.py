"""Earlier versions of a workflow, and templates: both are graphs, so both go through the one translation."""

import hashlib
from dataclasses import replace

from atlas_workflows.exact_json import dumps, dumps_text
from atlas_workflows.graph.codec import to_json
from atlas_workflows.legacy.graph.rows import uuid_or_none
from atlas_workflows.legacy.history.row_facts import RowFacts
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import (
    LegacyWorkflow,
    Row,
    RowsOutcome,
    SideTable,
    SourceRow,
    SourceTable,
    Tenancy,
    Translation,
)
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.source.tags import translate_tags
from atlas_workflows.legacy.source.texts import clean_name
from atlas_workflows.legacy.translate import translate

_FRAME = (
    "id",
    "organization_id",
    "org_id",
    "name",
    "description",
    "trigger_type",
    "trigger_config",
    "settings",
)


def version_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """The content of one version in the frame (name, trigger, settings) its workflow has today."""
    facts = RowFacts(row)
    workflow = facts.side("workflow")
    if workflow is None:
        facts.findings.reason(ReasonCode.PARENT_MISSING, "workflow_id", "Its workflow does not exist.")
    if not facts.own(tenancy, workflow or {}) or workflow is None:
        return facts.quarantined()
    translation = _translated(facts, {**workflow, "id": row.columns.get("workflow_id")}, tenancy)
    number = facts.count("version")
    if number < 1:
        facts.findings.reason(ReasonCode.COUNTER_INVALID, "version", "The version has no number.")
    is_first = facts.is_first("numbered", "version")
    if not is_first:
        facts.findings.reason(
            ReasonCode.VERSION_DUPLICATE, "version", f"There is a version {number} already."
        )
    if translation.workflow is None or number < 1 or not is_first:
        return facts.quarantined()
    definition = to_json(translation.workflow)
    version = {
        "id": facts.id("version"),
        "workflow_id": translation.workflow.id,
        "organization_id": facts.organization,
        "version": number,
        "definition": dumps_text(definition),
        "definition_hash": hashlib.sha256(dumps(definition)).hexdigest(),
        "origin": "legacy",
        "changes": facts.text("changes"),
        "created_by": uuid_or_none(row.columns.get("created_by")),
        "created_at": row.columns.get("created_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_versions": [version]})


def template_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """A template; one without an organization stays everybody's where it says that it is public."""
    facts = RowFacts(row)
    columns = row.columns
    is_public = columns.get("is_public") == "true"
    shared = is_public and not columns.get("organization_id")
    if not shared and not facts.own(tenancy):
        return facts.quarantined()
    translation = _translated(facts, columns, None if shared else tenancy)
    if translation.workflow is None:
        return facts.quarantined()
    name = clean_name(columns.get("name") or "", "name", facts.findings)
    template = {
        "id": facts.id("template"),
        "organization_id": facts.organization,
        "name": name or "Untitled template",
        "description": facts.text("description"),
        "category": columns.get("category") or "custom",
        "icon": columns.get("icon"),
        "preview_image": columns.get("preview_image"),
        "definition": dumps_text(to_json(translation.workflow)),
        "is_public": is_public,
        "usage_count": facts.count("usage_count"),
        "tags": list(translate_tags(columns, None, facts.findings)),
        "created_by": uuid_or_none(columns.get("created_by")),
        "created_at": columns.get("created_at"),
        "updated_at": columns.get("updated_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_templates": [template]})


def _translated(facts: RowFacts, frame: Row, tenancy: Tenancy | None) -> Translation:
    """The row's workflow_data translated. What it changes for customers is no matter of a copy that never executes."""
    columns = dict(frame)
    columns.update({"workflow_data": facts.columns.get("workflow_data"), "status": "draft"})
    for name in ("settings", "default_settings"):
        if facts.columns.get(name) is not None and isinstance(
            decode(facts.columns, name, facts.findings), dict
        ):
            columns["settings"] = facts.columns[name]
    record = LegacyWorkflow(
        shape="B",
        table=facts.row.table,
        id=columns.get("id") or facts.row.id,
        organization_id=facts.organization or _NOBODY,
        columns=columns,
        holder=facts.row.id,
    )
    translation = translate(record, tenancy)
    facts.findings.merge(translation.reasons, ())
    facts.findings.merge_secrets(translation.secrets)
    if translation.workflow is not None and facts.organization is None:
        return replace(translation, workflow=replace(translation.workflow, organization_id=None))
    return translation


# A public template without an owner still has to pass as somebody's while it is translated.
_NOBODY = "00000000-0000-0000-0000-000000000000"

VERSIONS = SourceTable(
    "workflow_versions",
    version_rows,
    sides=(
        SideTable("workflow", "workflows", "id", of="workflow_id", columns=_FRAME),
        SideTable(
            "numbered",
            "workflow_versions",
            "workflow_id",
            of="workflow_id",
            columns=("id", "workflow_id", "version"),
        ),
    ),
    after=("workflows",),
)
TEMPLATES = SourceTable("workflow_templates", template_rows)
