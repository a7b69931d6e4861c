"""Instants as people say them: the time in UTC, and how far away it is."""

from datetime import UTC, datetime, timedelta

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def said(at: datetime | None, now: datetime) -> str:
    """`Mon 2 Mar 2026 12:00:00 UTC (3 days ago)`; `never` where there is none."""
    if at is None:
        return "never"
    utc = at.astimezone(UTC)
    return f"{utc:%a} {utc.day} {utc:%b %Y %H:%M:%S} UTC ({distance(at - now)})"


def distance(away: timedelta) -> str:
    """`3 days ago`, `in 2 hours`, `now`."""
    seconds = abs(away.total_seconds())
    for size, unit in _UNITS:
        if seconds >= size:
            count = int(seconds // size)
            words = f"{count} {unit}" + ("" if count == 1 else "s")
            return f"in {words}" if away > timedelta(0) else f"{words} ago"
    return "now"
