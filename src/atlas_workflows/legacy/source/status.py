"""On or off, and the counters: what a row says, in whichever columns its shape says it."""

from collections.abc import Mapping
from typing import Any

from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow, Row
from atlas_workflows.legacy.source.documents import decode

_STATUSES = {
    "draft": "draft", "active": "active", "paused": "paused", "archived": "archived", "inactive": "paused",
    "disabled": "paused", "enabled": "active", "published": "active", "deleted": "archived", "testing": "draft",
}  # fmt: skip
_SWITCHES = ("is_active", "active")
_LARGEST = 2**63 - 1
_CAMEL = {
    "total_executions": "totalExecutions",
    "successful_executions": "successfulExecutions",
    "failed_executions": "failedExecutions",
}
_REPORTED = (*_CAMEL, "execution_count", "last_run_at", "version")


def status_of(record: LegacyWorkflow, findings: Findings) -> str:
    """draft, active, paused or archived. NULL never means active, and of two columns that disagree off wins."""
    row = record.columns
    switches = [row[name] for name in _SWITCHES if name in row]
    on = all(value == "true" for value in switches) if switches else None
    if "status" not in row:
        return _by_switch(on, switches, findings)
    told = (row["status"] or "").strip().lower()
    if not told:
        findings.reason(ReasonCode.STATUS_MISSING, "status", "The status is empty.")
        return "draft" if on is None else "paused"
    status = _STATUSES.get(told)
    if status is None or told == "inactive":
        findings.reason(ReasonCode.STATUS_UNKNOWN, "status", f"{told[:40]!r} is read as paused.")
        status = status or "paused"
    if on is not None and on != (status == "active"):
        findings.reason(
            ReasonCode.STATUS_CONFLICT, "status", f"status says {told}, the switch says {switches[0]}."
        )
        return "paused" if status == "active" else status
    return status


def _by_switch(on: bool | None, switches: list[str | None], findings: Findings) -> str:
    if on is None or None in switches:
        findings.reason(ReasonCode.STATUS_MISSING, "status", "Nothing says whether the workflow is on.")
        return "draft"
    return "active" if on else "paused"


def counters_of(record: LegacyWorkflow, findings: Findings) -> tuple[dict[str, int | None], dict[str, Any]]:
    """(counters fit for columns, what the row reported word for word). Dirt in the latter never reaches the former."""
    row = record.columns
    stats = decode(row, "stats", findings)
    stats = stats if isinstance(stats, dict) else {}
    reported: dict[str, Any] = {name: row[name] for name in _REPORTED if row.get(name) is not None}
    reported.update(stats)
    counters = {name: _counter(name, row, stats, findings) for name in _CAMEL}
    if counters["total_executions"] is None and "execution_count" in row:
        counters["total_executions"] = _whole(row["execution_count"])
    _compare(counters, findings)
    return counters, reported


def _counter(name: str, row: Row, stats: Mapping[str, Any], findings: Findings) -> int | None:
    raw = row[name] if row.get(name) is not None else stats.get(_CAMEL[name])
    if raw is None:
        return None
    value = _whole(raw)
    if value is None:
        findings.reason(ReasonCode.COUNTER_INVALID, name, f"{str(raw)[:40]!r} is no count.")
    return value


def _whole(raw: Any) -> int | None:
    if type(raw) is int:
        return raw if 0 <= raw <= _LARGEST else None
    text = str(raw).strip()
    value = int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else -1
    return value if 0 <= value <= _LARGEST else None


def _compare(counters: Mapping[str, int | None], findings: Findings) -> None:
    total, good, bad = counters.values()  # in the order of _CAMEL
    if total is not None and good is not None and bad is not None and total != good + bad:
        findings.reason(
            ReasonCode.COUNTERS_INCONSISTENT,
            "total_executions",
            f"{total} executions, but {good} + {bad} by outcome.",
        )
