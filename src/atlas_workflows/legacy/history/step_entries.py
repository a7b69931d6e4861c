"""Steps kept inside an execution: A's execution_steps, the execution_log of D and E, the results of scoring."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.history.row_facts import RowFacts
from atlas_workflows.legacy.ids import step_id
from atlas_workflows.legacy.reasons import ReasonCode

STATUSES = {
    "pending": "pending", "queued": "queued", "waiting": "queued", "running": "running", "started": "running",
    "in_progress": "running", "completed": "completed", "success": "completed", "succeeded": "completed",
    "failed": "failed", "error": "failed", "skipped": "skipped", "cancelled": "cancelled", "canceled": "cancelled",
    "paused": "paused", "timeout": "timeout",
}  # fmt: skip
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}(:?\d{2})?)?")
_FINER = re.compile(r"\.\d{7}")
_OFFSETS_END = timedelta(hours=16)  # PostgreSQL takes no offset from here on
_KNOWN = frozenset(
    {"nodeId", "node_id", "step_id", "nodeType", "node_type", "nodeLabel", "step_name", "status", "timestamp", "duration",
     "output", "result", "details", "input", "error", "action", "actionType", "action_type", "success", "id"}
)  # fmt: skip


def step_rows(
    steps: list[Any], column: str, facts: RowFacts, execution: dict[str, Any]
) -> list[dict[str, Any]]:
    """One row per entry, in order; ids follow from the execution's id and the place."""
    rows = []
    for at, step in enumerate(steps):
        if not isinstance(step, dict):
            if step is not None:
                facts.findings.reason(
                    ReasonCode.STEPS_UNREADABLE, f"{column}[{at}]", "The step is no object."
                )
            continue
        rows.append(_row(step, at, facts, execution))
    return rows


def _row(step: dict[str, Any], at: int, facts: RowFacts, execution: dict[str, Any]) -> dict[str, Any]:
    flags: list[str] = []
    started_at = _instant(step.get("timestamp"))
    if started_at is None:
        flags.append("no_start")
    action = _text(step, "actionType", "action_type", "action")
    output = next((step[key] for key in ("output", "result", "details") if step.get(key) is not None), None)
    spare = {key: value for key, value in step.items() if key not in _KNOWN and value is not None}
    label = _text(step, "nodeLabel", "step_name")
    if label:
        spare["label"] = label
    error = step.get("error")
    return {
        "id": step_id(facts.row.table, facts.row.id, at),
        "execution_id": execution["id"],
        "organization_id": facts.organization,
        "position": at,
        "node_id": _text(step, "nodeId", "node_id", "step_id") or action or f"step-{at + 1}",
        "node_type": _text(step, "nodeType", "node_type") or ("action" if action else "unknown"),
        "action_type": action or None,
        "status": _status(step, error, flags),
        "input_data": None if step.get("input") is None else dumps_text(step["input"]),
        "output_data": None if output is None else dumps_text(output),
        "error": error if isinstance(error, str) else None if error is None else dumps_text(error),
        "started_at": started_at or execution["started_at"],
        "completed_at": None,
        "execution_time_ms": _milliseconds(step.get("duration"), at, facts),
        "context_snapshot": dumps_text(spare) if spare else None,
        "created_at": execution["created_at"],
        "legacy_flags": flags,
        **facts.lineage(),
    }


def _text(step: dict[str, Any], *names: str) -> str:
    value = next((step[name] for name in names if step.get(name) not in (None, "")), "")
    return value if isinstance(value, str) else dumps_text(value)


def _status(step: dict[str, Any], error: Any, flags: list[str]) -> str:
    told = step.get("status")
    known = STATUSES.get(told.strip().lower()) if isinstance(told, str) else None
    if known is not None:
        return known
    if told is None and isinstance(step.get("success"), bool):
        return "completed" if step["success"] else "failed"
    flags.append("status_unknown")
    return "failed" if error else "completed"


def _instant(value: Any) -> str | None:
    """ISO text as it stands where PostgreSQL will take it, milliseconds since the epoch as ISO text; else None."""
    if isinstance(value, str):
        return _stored_instant(value.strip()) if _ISO.fullmatch(value.strip()) else None
    if isinstance(value, int | Decimal) and not isinstance(value, bool) and 0 < value < 10**14:
        return datetime.fromtimestamp(float(value) / 1000, tz=UTC).isoformat(timespec="milliseconds")
    return None


def _stored_instant(text: str) -> str | None:
    try:
        moment = datetime.fromisoformat(text)
        offset = moment.utcoffset() or timedelta()
        in_utc = moment.replace(tzinfo=UTC) - offset
    except (ValueError, OverflowError):  # no time at all, or none that the calendar holds in UTC
        return None
    if abs(offset) >= _OFFSETS_END:
        return None
    # Beyond microseconds PostgreSQL rounds where Python cuts; what is written must be what is read back.
    return in_utc.isoformat() if _FINER.search(text) else text


def _milliseconds(value: Any, at: int, facts: RowFacts) -> int | None:
    """A length in whole milliseconds as it was told, a negative one too; None where it is none."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not -(10**15) < value < 10**15:
        facts.findings.reason(
            ReasonCode.STEPS_UNREADABLE, f"step {at}.duration", "The duration is no length of time."
        )
        return None
    if value < 0:
        facts.findings.reason(
            ReasonCode.DURATION_NEGATIVE, f"step {at}.duration", f"{value} is no length of time."
        )
    return round(value)
