"""The rows of schema atlas that a translated workflow becomes: workflow, triggers, variables."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Trigger, Variable, Workflow
from atlas_workflows.legacy.evidence.events import asked_by
from atlas_workflows.legacy.evidence.messages import messages_of
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.records import LegacyWorkflow, Row, TargetRows, Translation, TriggerLink
from atlas_workflows.secrets.masking import HIDDEN

_CANONICAL = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CATEGORIES = {
    "lead": "lead_management", "contact": "lead_management", "note": "lead_management", "opportunity": "lead_management",
    "email": "communication", "message": "communication", "appointment": "booking", "booking": "booking",
    "call": "booking", "class": "booking", "waitlist": "booking", "form": "forms", "survey": "forms",
    "schedule": "scheduling", "business": "scheduling", "custom": "scheduling", "task": "scheduling",
    "client": "membership", "membership": "membership", "birthday": "membership", "first": "membership",
    "missed": "membership", "payment": "membership", "churn": "membership", "webhook": "external", "ai": "external",
    "event": "external", "manual": "manual",
}  # fmt: skip


def workflow_rows(record: LegacyWorkflow, translation: Translation) -> TargetRows:
    """Target rows of a translation that was not quarantined. Nothing in them is switched on."""
    workflow = translation.workflow
    if workflow is None:
        return {}
    rows: TargetRows = {"workflows": [_workflow_row(record, workflow, translation)]}
    pairs = zip(workflow.triggers, translation.links, strict=True)
    if triggers := [_trigger_row(trigger, link, workflow, record) for trigger, link in pairs]:
        rows["workflow_triggers"] = triggers
    if evidence := list(_evidence_rows(record, workflow, translation)):
        rows["trigger_evidence"] = evidence
    if variables := [_variable_row(variable, workflow, record) for variable in workflow.variables]:
        rows["workflow_variables"] = variables
    return rows


def _workflow_row(record: LegacyWorkflow, workflow: Workflow, translation: Translation) -> dict[str, Any]:
    row = record.columns
    waiting = bool(translation.changes)
    counters = translation.counters
    return {
        "id": workflow.id,
        "organization_id": workflow.organization_id,
        "name": workflow.name,
        "description": workflow.description or None,
        "status": "paused" if waiting and translation.status == "active" else translation.status,
        "category": row.get("category") or category_of(workflow),
        "tags": list(workflow.tags),
        "definition": dumps_text(to_json(workflow)),
        "awaiting_sign_off": waiting,
        "intended_status": translation.status,
        "total_executions": counters.get("total_executions") or 0,
        "successful_executions": counters.get("successful_executions") or 0,
        "failed_executions": counters.get("failed_executions") or 0,
        "last_run_at": row.get("last_run_at"),
        "legacy_reported": dumps_text(dict(translation.reported)),
        "template_id": uuid_or_none(translation.template_id),
        "created_by": uuid_or_none(row.get("created_by")),
        "created_at": row.get("created_at"),
        "updated_at": row.get("updated_at"),
        "source_table": record.table,
        "source_id": record.id,
    }


def category_of(workflow: Workflow) -> str:
    """By the first trigger, in the words of the enhanced contract."""
    if not workflow.triggers:
        return "custom"
    return _CATEGORIES.get(workflow.triggers[0].type.partition("_")[0], "custom")


def _trigger_row(
    trigger: Trigger, link: TriggerLink, workflow: Workflow, record: LegacyWorkflow
) -> dict[str, Any]:
    secret = trigger.parameters.get("secret")
    return {
        "id": str(link.row_id),
        "workflow_id": workflow.id,
        "organization_id": workflow.organization_id,
        "trigger_key": trigger.id,
        "trigger_type": trigger.type,
        "trigger_name": trigger.name or trigger.type.replace("_", " "),
        "trigger_config": dumps_text(dict(trigger.parameters)),
        "schedule": None if link.schedule is None else dumps_text(dict(link.schedule)),
        "webhook_endpoint": link.webhook_endpoint,
        "webhook_secret_id": secret.get("$secret") if isinstance(secret, dict) else None,
        "is_active": False,
        "last_triggered_at": link.last_triggered_at,
        "created_at": link.created_at,
        # The loader writes, clears and reconciles these rows by the workflow, wherever the trigger was registered.
        "source_table": record.table,
        "source_id": record.id,
    }


def _evidence_rows(
    record: LegacyWorkflow, workflow: Workflow, translation: Translation
) -> Iterator[dict[str, Any]]:
    for trigger, judged in zip(workflow.triggers, translation.judged, strict=True):
        if judged is None:
            continue
        asked = asked_by(trigger.type, trigger.parameters)
        low, high = messages_of(workflow, trigger.id)
        yield {
            "workflow_id": workflow.id,
            "trigger_key": trigger.id,
            "organization_id": workflow.organization_id,
            "trigger_type": trigger.type,
            "evidence": judged[0],
            "rule": judged[1],
            "event_kind": None if asked is None else asked.kind,
            "event_details": None if asked is None or asked.details is None else _told(asked.details),
            "is_certain": asked is not None and asked.is_certain,
            "messages_low": low,
            "messages_high": high,
            "source_table": record.table,
            "source_id": record.id,
        }


def _told(details: Iterable[Any]) -> list[str]:
    """What the event is asked for; a secret among it shows as hidden."""
    return [item if isinstance(item, str) else HIDDEN for item in details]


def _variable_row(variable: Variable, workflow: Workflow, record: LegacyWorkflow) -> dict[str, Any]:
    secret = (
        variable.default.get("$secret") if variable.secret and isinstance(variable.default, dict) else None
    )
    return {
        "id": str(derived_id(record.table, record.id, f"variable:{variable.name}")),
        "organization_id": workflow.organization_id,
        "workflow_id": workflow.id,
        "name": variable.name,
        "data_type": variable.type,
        "default_value": None if variable.default is None else dumps_text(variable.default),
        "description": variable.description or None,
        "scope": variable.scope,
        "is_secret": variable.secret,
        "secret_id": secret,
        "is_required": variable.required,
        "created_at": record.columns.get("created_at"),
        "source_table": record.table,
        "source_id": record.id,
    }


def uuid_or_none(text: str | None) -> str | None:
    """The id as it stands, or None where it is none."""
    if text and _CANONICAL.fullmatch(text):  # as a uuid column is printed, without a look at its value
        return text
    try:
        return str(UUID(text)) if text else None
    except ValueError:
        return None


def first_filled(row: Row | Mapping[str, str | None], *names: str) -> str | None:
    """The first of these columns that is there and not NULL."""
    for name in names:  # asked eleven times for a day of analytics; a generator would take twice as long
        if (value := row.get(name)) is not None:
            return value
    return None
