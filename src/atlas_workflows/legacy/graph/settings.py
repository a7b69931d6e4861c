"""Workflow settings: error handling, time limits, time zone, notifications, priority."""

from decimal import Decimal
from typing import Any

from atlas_workflows.graph.model import ErrorMode, RetryPolicy, Settings
from atlas_workflows.legacy.actions.drawer import UNFIT, as_flag
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Row
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.timing.verdicts import Verdict
from atlas_workflows.legacy.timing.zones import COLUMN_DEFAULT, clean_zone
from atlas_workflows.time_zones import zone_names

# Where a row names no zone: what its own code used (facts: legacy contract 8.4).
DEFAULT_ZONES = {"A": "Europe/London", "B": "America/New_York"}
_MODES = {"continue": ErrorMode.CONTINUE, "stop": ErrorMode.STOP, "retry": ErrorMode.RETRY, "fail_fast": ErrorMode.STOP,
          "continue_on_error": ErrorMode.CONTINUE, "retry_then_fail": ErrorMode.RETRY}  # fmt: skip
_PRIORITIES = {"high": 8, "normal": 5, "medium": 5, "low": 3, "urgent": 10}
_KNOWN = frozenset(
    {
        "errorHandling",
        "maxExecutionTime",
        "timezone",
        "notifications",
        "priority",
        "conditions",
    }
)
_ENGINE_RETRY = RetryPolicy()


# (shape, text of the column, the organization's zone) -> settings, for texts without a finding and without conditions: a gym's workflows
# mostly share theirs.
_KNOWN_TEXTS: dict[tuple[str, str, str | None], Settings] = {}
_MOST_KNOWN = 1_000


def translate_settings(
    row: Row, shape: str, findings: Findings, home_zone: str | None = None
) -> tuple[Settings, Any]:
    """(settings, conditions of the whole workflow as stored); what cannot be used is reported, a default stands in.

    `home_zone`: the organization's own time zone, for workflows that chose none.
    """
    text = row.get("settings")
    if text is not None and (known := _KNOWN_TEXTS.get((shape, text, home_zone))) is not None:
        return known, None
    found = len(findings.reasons) + len(findings.changes)
    raw = decode(row, "settings", findings)
    settings = _translated(raw, shape, home_zone, findings)
    conditions = raw.get("conditions") if isinstance(raw, dict) else None
    is_clean = conditions is None and len(findings.reasons) + len(findings.changes) == found
    if text is not None and is_clean and len(_KNOWN_TEXTS) < _MOST_KNOWN:
        _KNOWN_TEXTS[(shape, text, home_zone)] = settings
    return settings, conditions


def _translated(raw: Any, shape: str, home_zone: str | None, findings: Findings) -> Settings:
    if raw in (None, {}, [], ""):
        return Settings(timezone=_zone(None, shape, home_zone, findings))
    if not isinstance(raw, dict):
        findings.reason(ReasonCode.SETTING_INVALID, "settings", "The settings are no object.")
        return Settings(timezone=_zone(None, shape, home_zone, findings))
    mode = _error_mode(raw.get("errorHandling"), findings)
    on_error, on_complete, emails = _notifications(raw.get("notifications"), findings)
    for key in sorted(raw.keys() - _KNOWN):
        findings.reason(
            ReasonCode.SETTING_NOT_CARRIED, f"settings.{key}", "There is no such setting any more."
        )
    return Settings(
        error_mode=mode,
        max_execution_seconds=_seconds(raw.get("maxExecutionTime"), findings),
        timezone=_zone(raw.get("timezone"), shape, home_zone, findings),
        retry=_ENGINE_RETRY if mode is ErrorMode.RETRY else None,
        priority=_priority(raw.get("priority"), findings),
        notify_on_error=on_error,
        notify_on_complete=on_complete,
        notify_emails=emails,
    )


def _invalid(name: str, value: Any, findings: Findings) -> None:
    findings.reason(ReasonCode.SETTING_INVALID, f"settings.{name}", f"{str(value)[:60]!r} cannot be used.")


def _error_mode(value: Any, findings: Findings) -> ErrorMode:
    """Without a value the engine stopped; a stored `rollback` was never undone by anything: it stopped as well."""
    if value in (None, ""):
        return ErrorMode.STOP
    known = _MODES.get(str(value).strip().lower())
    if known is ErrorMode.RETRY:
        findings.change(
            ReasonCode.ERROR_MODE_CHANGED, "settings.errorHandling",
            "The old engines stopped at a step that failed; it is now tried again first.",
            before=f"{value} (stopped)", after="retry",
        )  # fmt: skip
    if known is not None:
        return known
    _invalid("errorHandling", value, findings)
    if value == "rollback":
        findings.change(
            ReasonCode.ERROR_MODE_CHANGED, "settings.errorHandling", "Nothing was ever rolled back by the old engines.",
            before="rollback (stopped)", after="stop",
        )  # fmt: skip
    return ErrorMode.STOP


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except ArithmeticError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None


def _seconds(value: Any, findings: Findings) -> float:
    if value is None:
        return 300.0
    number = _number(value)
    if number is None or not 1 <= number <= 3600:
        _invalid("maxExecutionTime", value, findings)
        return 300.0
    return float(number)


def _zone(value: Any, shape: str, home_zone: str | None, findings: Findings) -> str:
    """The workflow's own zone, else the organization's, else what the old code of that shape used."""
    own = _own_zone(value, findings)
    usual = DEFAULT_ZONES.get(shape, "UTC")
    if own is not None and not (shape == "B" and own == COLUMN_DEFAULT):
        return own
    if home_zone not in zone_names() or home_zone == (own or usual):
        return own or usual
    code = ReasonCode.TIMEZONE_ASSUMED if own is None else ReasonCode.TIMEZONE_DEFAULT_IGNORED
    said = "No zone is stored" if own is None else f"{own} is what the settings hold when nobody chose a zone"
    findings.reason(code, "settings.timezone", f"{said}: {home_zone} of the organization is used.")
    return home_zone


def _own_zone(value: Any, findings: Findings) -> str | None:
    verdict = Verdict("settings")
    zone = clean_zone(value, verdict, "timezone") if isinstance(value, str) else None
    if value not in (None, "") and not isinstance(value, str):
        _invalid("timezone", value, findings)
    findings.merge(tuple(verdict.reasons), tuple(verdict.changes))
    return zone


def _notifications(value: Any, findings: Findings) -> tuple[bool, bool, tuple[str, ...]]:
    if not isinstance(value, dict):
        if value not in (None, "", []):
            _invalid("notifications", value, findings)
        return True, False, ()
    raw = value.get("notifyEmails") or []
    emails = [raw] if isinstance(raw, str) else raw if isinstance(raw, list) else []
    on_error, on_complete = as_flag(value.get("onError", True)), as_flag(value.get("onComplete", False))
    return (
        on_error is not False and on_error is not UNFIT,
        on_complete is True,
        tuple(e for e in emails if isinstance(e, str)),
    )


def _priority(value: Any, findings: Findings) -> int:
    if value in (None, ""):
        return 5
    word = _PRIORITIES.get(str(value).strip().lower())
    number = _number(value)
    if word is None and number is not None and 1 <= number <= 10 and number == int(number):
        return int(number)
    if word is None:
        _invalid("priority", value, findings)
    return word or 5
