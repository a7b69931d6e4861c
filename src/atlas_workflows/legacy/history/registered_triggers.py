"""Registered triggers, webhook endpoints and schedules: parts of their workflow, and what remains of them beside it."""

from dataclasses import replace

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.rows import first_filled
from atlas_workflows.legacy.graph.settings import translate_settings
from atlas_workflows.legacy.history.row_facts import WORKFLOW_COLUMNS, RowFacts
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Outcome, RowsOutcome, SideTable, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.secret_values import sealed
from atlas_workflows.legacy.timing.schedules import translate_schedule

_WORKFLOW = SideTable("workflow", "workflows", "id", of="workflow_id", columns=WORKFLOW_COLUMNS)
_SHAPE = "B"  # the only shape with a table of schedules
_WORKFLOW_WITH_ZONE = replace(_WORKFLOW, columns=(*WORKFLOW_COLUMNS, "settings"))


def _parent(row: SourceRow) -> tuple[str, str] | None:
    workflow = row.columns.get("workflow_id")
    return ("workflows", workflow) if workflow else None


def trigger_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """A registered trigger; its workflow's translation writes it, with this row's id."""
    facts = RowFacts(row)
    if not facts.own(tenancy, facts.side("workflow") or {}):
        return facts.quarantined()
    return facts.done({}, Outcome.MIGRATED, parent=_parent(row))


def webhook_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """An endpoint with the id that callers know; its secret is sealed, and it stays off until cutover."""
    facts = RowFacts(row)
    columns = row.columns
    if not facts.own(tenancy, facts.side("workflow") or {}):
        return facts.quarantined()
    secret = columns.get("secret")
    reference = sealed(secret, "secret", facts.findings) if secret else None
    # A sealed secret is what is supposed to happen here, so it alone is no warning.
    facts.findings.reasons = [
        reason
        for reason in facts.findings.reasons
        if (reason.code, reason.field) != (ReasonCode.SECRET_SEALED, "secret")
    ]
    webhook = {
        "id": facts.id("webhook"),
        "organization_id": facts.organization,
        "workflow_id": _own_workflow(facts),
        "name": columns.get("name") or "Webhook",
        "endpoint_id": _endpoint(facts),
        "secret_id": reference["$secret"] if reference else None,
        "is_active": False,
        "total_requests": facts.count("request_count"),
        "last_triggered_at": columns.get("last_triggered_at"),
        "created_at": columns.get("created_at"),
        "updated_at": columns.get("updated_at") or columns.get("created_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_webhooks": [webhook]}, parent=_parent(row))


def _own_workflow(facts: RowFacts) -> str | None:
    parent = facts.side("workflow") or {}
    owner = first_filled(parent, "organization_id", "org_id")
    if owner in (None, facts.organization):
        return facts.workflow()
    facts.findings.reason(
        ReasonCode.WEBHOOK_FOREIGN, "workflow_id", "The workflow is another organization's."
    )
    return None


def _endpoint(facts: RowFacts) -> str:
    told = facts.columns.get("endpoint_id")
    if told and facts.is_first("namesakes"):
        return told
    if told:
        facts.findings.reason(
            ReasonCode.WEBHOOK_ENDPOINT_DUPLICATE, "endpoint_id", f"{told[:80]} exists already."
        )
    return facts.id("endpoint")


def schedule_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """A schedule, normalised and off. That it never fired is said where its workflow is translated."""
    facts = RowFacts(row)
    columns = row.columns
    if not facts.own(tenancy, facts.side("workflow") or {}):
        return facts.quarantined()
    result = translate_schedule(
        dict(columns), default_timezone=_workflow_zone(facts, tenancy), path="schedule_config"
    )
    facts.findings.merge(tuple(result.reasons), ())
    workflow = facts.workflow()
    if result.spec is None or workflow is None:
        return replace(facts.quarantined(), parent=_parent(row))
    schedule = {
        "id": facts.id("schedule"),
        "organization_id": facts.organization,
        "workflow_id": workflow,
        "trigger_id": facts.id("schedule"),
        "schedule": dumps_text(result.spec),
        "timezone": result.spec.get("timezone"),
        "is_active": False,
        "legacy_config": facts.json("schedule_config"),
        "last_run_at": columns.get("last_run_at"),
        "created_at": columns.get("created_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_schedules": [schedule]}, parent=_parent(row))


def _workflow_zone(facts: RowFacts, tenancy: Tenancy) -> str:
    """The zone that the workflow's own translation gives its triggers. What is wrong with it is said there."""
    aside = Findings("workflows", facts.row.columns.get("workflow_id") or "")
    home_zone = tenancy.zone_of(facts.organization)
    settings, _ = translate_settings(facts.side("workflow") or {}, _SHAPE, aside, home_zone)
    return settings.timezone


TRIGGERS = SourceTable("workflow_triggers", trigger_rows, sides=(_WORKFLOW,), after=("workflows",))
WEBHOOKS = SourceTable(
    "webhook_triggers",
    webhook_rows,
    sides=(
        _WORKFLOW,
        SideTable(
            "namesakes", "webhook_triggers", "endpoint_id", of="endpoint_id", columns=("id", "endpoint_id")
        ),
    ),
    after=("workflows",),
)
SCHEDULES = SourceTable(
    "schedule_triggers", schedule_rows, sides=(_WORKFLOW_WITH_ZONE,), after=("workflows",)
)
