"""Times that a step gives: an ISO text in the organization's zone, or a span from now."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from atlas_workflows.expressions.moment import moment, when
from atlas_workflows.expressions.values import number
from atlas_workflows.integrations.crm.refusal import CrmRefused
from atlas_workflows.integrations.crm.writing import Writing
from atlas_workflows.integrations.crm.zone import zone_of
from atlas_workflows.schedule.slots import add_months

_LONGEST = timedelta(days=3660)


def instant(writing: Writing, text: Any, name: str) -> datetime | None:
    """The instant of a text; one without an offset is meant in the organization's zone. Raises CrmRefused."""
    if text in (None, ""):
        return None
    zone = zone_of(writing.connection, writing.crm, writing.effect.organization)
    found = when(text, moment(writing.now, zone))
    if found is None:
        raise CrmRefused("data", f"{name} is no time.", "Write it like 2026-03-02T09:00.")
    return found.instant


def after(writing: Writing, span: Any, name: str) -> datetime | None:
    """The instant a span after now; a month keeps its day in the organization's zone. Raises CrmRefused."""
    if span is None:
        return None
    amount = number(span.get("amount")) if isinstance(span, Mapping) else None
    unit = span.get("unit") if isinstance(span, Mapping) else None
    if amount is None or amount < 0 or unit not in ("seconds", "minutes", "hours", "days", "weeks", "months"):
        raise CrmRefused(
            "data", f"{name} is no length of time.", 'Write it like {"amount": 2, "unit": "days"}.'
        )
    try:
        if unit != "months":
            length = timedelta(**{unit: float(amount)})
            return writing.now + min(length, _LONGEST)
        wall = moment(writing.now, zone_of(writing.connection, writing.crm, writing.effect.organization))
        local = writing.now.astimezone(wall.zone)
        return (
            add_months(local.replace(tzinfo=None), min(int(amount), 120))
            .replace(tzinfo=wall.zone)
            .astimezone(UTC)
        )
    except OverflowError:
        return writing.now + _LONGEST
