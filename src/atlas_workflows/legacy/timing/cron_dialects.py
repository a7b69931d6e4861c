"""Cron expressions of other dialects (seconds, years, question marks) into five fields; a note says what changed."""

import html

from atlas_workflows.legacy.timing.verdicts import Unreadable

FIELD = "cronExpression"


def normalise_cron(text: str) -> tuple[str, str | None]:
    """The five-field expression, and what was done to it; raises Unreadable where a dialect leaves a doubt."""
    plain = " ".join(html.unescape(text).split())
    fields = plain.split(" ")
    if len(fields) not in (6, 7):
        return plain, None
    return _without_seconds(fields), f"{plain} has seconds; it was read as {_without_seconds(fields)}."


def _without_seconds(fields: list[str]) -> str:
    """Six or seven fields begin with seconds (node-cron, Quartz); only 0 seconds can be said with five."""
    if fields[0] not in ("0", "00"):
        raise Unreadable(FIELD, f"{fields[0]!r} seconds cannot be kept: schedules are exact to the minute")
    if len(fields) == 7 and fields[6] not in ("*", "?"):
        raise Unreadable(FIELD, f"the year {fields[6][:20]!r} cannot be kept")
    if "?" in fields and any(character.isdigit() for character in fields[5].split("#")[0]):
        raise Unreadable(FIELD, f"weekday {fields[5][:20]!r} begins at Sunday = 1 in Quartz and 0 elsewhere")
    return " ".join(fields[1:6])
