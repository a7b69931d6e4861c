"""Which time zone a legacy row really means: its own, else the workflow's or organization's, else UTC."""

import html
from typing import Any

from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.timing.verdicts import Verdict
from atlas_workflows.time_zones import zone_names

FALLBACK = "UTC"
COLUMN_DEFAULT = "America/New_York"  # schedule_triggers.timezone and settings of shape B, whatever the gym


def clean_zone(value: Any, verdict: Verdict, field: str) -> str | None:
    """A known zone out of a stored value (HTML-escaped ones unescaped), or None with the reason noted."""
    if value is None or value == "":
        return None
    text = str(value).strip()
    plain = _unescaped(text)
    if plain not in zone_names():
        verdict.reason(ReasonCode.TIMEZONE_UNKNOWN, field, f"{text[:60]!r} is no time zone.")
        return None
    if plain != text:
        verdict.reason(ReasonCode.TIMEZONE_UNESCAPED, field, f"{text[:60]} was read as {plain}.")
    return plain


def column_zone(value: Any, verdict: Verdict, field: str) -> str | None:
    """As `clean_zone`, but the column's own default counts for nothing."""
    zone = clean_zone(value, verdict, field)
    if zone != COLUMN_DEFAULT:
        return zone
    verdict.reason(
        ReasonCode.TIMEZONE_DEFAULT_IGNORED,
        field,
        f"{zone} is what the column holds when nobody chose a zone.",
    )
    return None


def settle_zone(own: str | None, default: str | None, verdict: Verdict, field: str) -> str:
    """The schedule's own zone, else the default handed down, else UTC; every fallback is noted."""
    if own is not None:
        return own
    chosen = default if default in zone_names() else None
    verdict.reason(
        ReasonCode.TIMEZONE_ASSUMED,
        field,
        f"No zone of its own: {chosen} of the workflow or organization is used."
        if chosen
        else f"No zone of its own and none of the organization: {FALLBACK} is used.",
    )
    return chosen or FALLBACK


def _unescaped(text: str) -> str:
    for _ in range(8):  # the sanitiser escaped anew at each save
        plain = html.unescape(text)
        if plain == text:
            break
        text = plain
    return text
