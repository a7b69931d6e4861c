"""How many messages a day a trigger would send, from what the CRM's own rows show. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from atlas_workflows.legacy.evidence.events import Asked

WINDOW_DAYS = 90
_HUNDREDTH = Decimal("0.01")
# (kind, detail) -> events of one organization within the window.
Events = Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Ranges (low, high): events a day, messages per start, and their product."""

    events_a_day: tuple[Decimal, Decimal]
    messages: tuple[int, int]
    messages_a_day: tuple[Decimal, Decimal]

    def to_json(self) -> dict[str, Any]:
        return {
            "events_a_day": list(self.events_a_day),
            "messages_per_start": list(self.messages),
            "messages_a_day": list(self.messages_a_day),
        }

    @property
    def sentence(self) -> str:
        """The range as people read it."""
        return (
            f"{_span(self.events_a_day)} events a day × {_span(self.messages)} messages"
            f" = {_span(self.messages_a_day)} messages a day"
        )


def events_for(asked: Asked, events: Events) -> tuple[int, int]:
    """(fewest, most) events within the window that this trigger would have started for."""
    mine = sum(
        count
        for (kind, detail), count in events.items()
        if kind == asked.kind and (asked.details is None or detail in asked.details)
    )
    return (mine if asked.is_certain else 0), mine


def forecast(
    asked: Asked | None, messages: tuple[int, int], events: Events, counted: Collection[str]
) -> Forecast | None:
    """The forecast for a trigger; None where its events leave no rows to count. `counted`: kinds that left any at all."""
    if asked is None or asked.kind not in counted:
        return None
    low, high = (_per_day(count) for count in events_for(asked, events))
    return Forecast((low, high), messages, (_rounded(low * messages[0]), _rounded(high * messages[1])))


def _per_day(count: int) -> Decimal:
    return _rounded(Decimal(count) / WINDOW_DAYS)


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_HUNDREDTH, ROUND_HALF_UP)


def _span(pair: tuple[Any, Any]) -> str:
    return str(pair[0]) if pair[0] == pair[1] else f"{pair[0]}–{pair[1]}"
