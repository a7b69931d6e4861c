"""What shape B keeps per workflow beside its row: versions, query copy of nodes, triggers, queue and analytics."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import END, Dice, timestamp
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution, History
from atlas_workflows.sample.rows import Coverage, Row, boolean
from atlas_workflows.sample.shape_a import document
from atlas_workflows.sample.shape_b import workflow_data

NODE_TYPES = ("trigger", "action", "condition", "wait", "loop")
NODES_DISAGREE, TOTAL_LOST = "4:nodes_disagree", "4:analytics_total_null"
QUEUE_STATUSES = ("waiting", "active", "completed", "failed", "delayed")


def version_rows(seed: int, drafts: Iterable[Draft]) -> Iterator[Row]:
    """The history of edits: version 2 and up, the last one with the content of today; the first was never kept."""
    for draft in drafts:
        dice = Dice(seed, f"versions/{draft.number}")
        for version in range(2, draft.version + 1):
            yield {
                "id": dice.uuid(),
                "workflow_id": draft.id,
                "version": str(version),
                "workflow_data": exact_json.dumps_text(_content_at(draft, version)),
                "changes": draft.description,
                "created_by": draft.organization.staff[0].id,
                "created_at": timestamp(draft.updated_at - timedelta(days=draft.version - version)),
            }


def node_rows(seed: int, drafts: Iterable[Draft], coverage: Coverage) -> Iterator[Row]:
    """The query copy of nodes that can be told apart; in some workflows of a messy sample it is out of date."""
    for draft in drafts:
        dice = Dice(seed, f"nodes/{draft.number}")
        outdated = bool(draft.shows or draft.spoil_history) and draft.number % 7 == 0
        for number, (node_id, node) in enumerate(_distinct_nodes(draft).items()):
            row_id, stale = dice.uuid(), outdated and number == 0
            if stale:
                coverage[NODES_DISAGREE].append(f"workflow_nodes/{row_id}")
            yield _node_row(row_id, draft, node_id, node, stale=stale)


def trigger_rows(seed: int, drafts: Iterable[Draft]) -> Iterator[Row]:
    """Registered triggers: the workflow's own, unless dirt says otherwise."""
    for draft in drafts:
        dice = Dice(seed, f"triggers/{draft.number}")
        own = {"trigger_type": draft.trigger_type, "trigger_config": draft.trigger_config}
        rows = [own] if draft.trigger_rows is None else draft.trigger_rows
        for row in rows:
            if row["trigger_type"] not in (None, "manual"):
                yield {
                    "id": dice.uuid(),
                    "workflow_id": draft.id,
                    "trigger_type": row["trigger_type"],
                    "trigger_config": document(row["trigger_config"]) or "{}",
                    "is_active": boolean(draft.status == "active"),
                    "last_triggered_at": timestamp(draft.last_run_at) if draft.last_run_at else None,
                    "created_at": timestamp(draft.created_at),
                }


def webhook_rows(seed: int, drafts: Iterable[Draft]) -> Iterator[Row]:
    """An endpoint for each workflow that a webhook starts; its secret is in clear and visibly made up."""
    for draft in drafts:
        if draft.trigger_type in ("webhook", "webhook_received"):
            dice = Dice(seed, f"webhook/{draft.number}")
            yield {
                "id": dice.uuid(),
                "organization_id": draft.organization.id,
                "workflow_id": draft.id,
                "name": draft.name,
                "endpoint_id": f"wh_{dice.uuid().replace('-', '')}",
                "secret": f"fake-webhook-secret-{draft.number:06d}",
                "is_active": boolean(draft.status == "active"),
                "request_count": str(draft.counts.total),
                "last_triggered_at": timestamp(draft.last_run_at) if draft.last_run_at else None,
            }


def schedule_rows(seed: int, drafts: Iterable[Draft]) -> Iterator[Row]:
    """A row for each workflow with a schedule that is a document."""
    for draft in drafts:
        config = draft.trigger_config
        if draft.trigger_type in ("scheduled", "schedule", "scheduled_time") and isinstance(config, dict):
            active = draft.status == "active"
            yield {
                "id": Dice(seed, f"schedule/{draft.number}").uuid(),
                "workflow_id": draft.id,
                "schedule_type": _schedule_type(config),
                "schedule_config": exact_json.dumps_text(config),
                "timezone": config.get("timezone", "America/New_York"),
                "next_run_at": timestamp(END + timedelta(days=1)) if active else None,
                "is_active": boolean(active),
            }


def queue_rows(seed: int, history: Iterable[History]) -> Iterator[Row]:
    """Jobs that the old queue still holds, of every status, for about one workflow in twenty."""
    for draft, executions in history:
        if draft.number % 20 == 3 and executions:
            dice = Dice(seed, f"queue/{draft.number}")
            status = QUEUE_STATUSES[draft.number // 20 % len(QUEUE_STATUSES)]
            execution = executions[-1]
            yield {
                "id": dice.uuid(),
                "workflow_id": draft.id,
                "execution_id": execution.id,
                "priority": str(dice.number(0, 3)),
                "data": f'{{"leadId": "{execution.lead.id}", "executionId": "{execution.id}"}}',
                "status": status,
                "attempts": "3" if status == "failed" else "0",
                "scheduled_at": timestamp(END + timedelta(hours=2)) if status == "delayed" else None,
            }


def analytics_rows(seed: int, history: Iterable[History], coverage: Coverage) -> Iterator[Row]:
    """One row per workflow and day with a finished execution; totals are lost where the history is spoilt."""
    for draft, executions in history:
        dice = Dice(seed, f"analytics/{draft.number}")
        for day, finished in _by_day(executions).items():
            spent = [execution.step_ms * execution.reached for execution in finished]
            good = sum(execution.status == "completed" for execution in finished)
            row_id, lost = dice.uuid(), draft.spoil_history is not None
            if lost:
                coverage[TOTAL_LOST].append(f"workflow_analytics/{row_id}")
            yield {
                "id": row_id,
                "workflow_id": draft.id,
                "date": day.isoformat(),
                "executions_count": str(len(finished)),
                "success_count": str(good),
                "failure_count": str(len(finished) - good),
                "avg_execution_time_ms": str(sum(spent) // len(spent)),
                "total_execution_time_ms": None if lost else str(sum(spent)),
                "unique_triggers": str(len({execution.lead.id for execution in finished})),
            }


def _content_at(draft: Draft, version: int) -> Any:
    content = workflow_data(draft)
    if version == draft.version or not isinstance(content, dict) or not isinstance(draft.nodes, list):
        return content
    return {**content, "nodes": draft.nodes[:-1]}


def _distinct_nodes(draft: Draft) -> dict[str, dict[str, Any]]:
    if not isinstance(draft.nodes, list):
        return {}
    return {node["id"]: node for node in draft.nodes if isinstance(node, dict) and node.get("id")}


def _node_row(row_id: str, draft: Draft, node_id: str, node: dict[str, Any], *, stale: bool) -> Row:
    data = node.get("data") or {}
    shown = {**data, "label": "Before the last edit"} if stale else data
    return {
        "id": row_id,
        "workflow_id": draft.id,
        "node_id": node_id,
        "node_type": node["type"] if node.get("type") in NODE_TYPES else "action",
        "action_type": data.get("actionType"),
        "position": exact_json.dumps_text(node.get("position")),
        "data": exact_json.dumps_text(shown),
    }


def _schedule_type(config: dict[str, Any]) -> str:
    if "once" in (config.get("scheduleType"), config.get("mode")):
        return "once"
    return "cron" if "cron" in config or "cronExpression" in config else "recurring"


def _by_day(executions: Iterable[Execution]) -> dict[date, list[Execution]]:
    days: defaultdict[date, list[Execution]] = defaultdict(list)
    for execution in executions:
        if execution.completed_at and execution.status in ("completed", "failed"):
            days[execution.completed_at.date()].append(execution)
    return days
