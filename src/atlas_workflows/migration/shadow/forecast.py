"""Messages a day and per member, before and after, and those of triggers that never fired and would wake up. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Protocol

from atlas_workflows.legacy.evidence.forecast import WINDOW_DAYS

_HUNDREDTH = Decimal("0.01")


class Counted(Protocol):
    """What a forecast needs to know of a workflow: its messages for `triggers` of its executions, and its people."""

    @property
    def organization_id(self) -> str: ...
    @property
    def is_live(self) -> bool: ...
    @property
    def executions(self) -> int: ...
    @property
    def triggers(self) -> int: ...
    @property
    def is_made_up(self) -> bool: ...
    @property
    def subjects(self) -> int: ...
    @property
    def messages_before(self) -> int: ...
    @property
    def messages_after(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Waking:
    """Triggers of live workflows that did not fire in the old application. `uncountable`: their events leave no rows."""

    organization_id: str
    triggers: int
    low: Decimal | None
    high: Decimal | None
    uncountable: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Of one organization. `before` and `after` are messages a day by the executions of 90 days; `waking` comes on top.

    `per_member`: messages that a member got, and would get, in 90 days, on average over those whom workflows reached.
    """

    organization_id: str
    before: Decimal
    after: Decimal
    waking: tuple[Decimal, Decimal]
    waking_triggers: int
    uncountable: int
    per_member: tuple[Decimal, Decimal]

    def to_json(self) -> dict[str, Any]:
        return {
            "organization_id": self.organization_id,
            "messages_a_day": {"before": self.before, "after": self.after, "waking": list(self.waking)},
            "waking_triggers": self.waking_triggers,
            "uncountable_triggers": self.uncountable,
            "messages_per_member_90_days": {"before": self.per_member[0], "after": self.per_member[1]},
        }

    @property
    def sentence(self) -> str:
        """As people read it."""
        low, high = self.waking
        span = f"{low}" if low == high else f"{low} to {high}"
        uncounted = f", and {self.uncountable} of them nobody can count" if self.uncountable else ""
        return (
            f"{self.before} messages a day before, {self.after} after; {self.waking_triggers} triggers that never fired"
            f" would add {span} a day{uncounted}. A member got {self.per_member[0]} in 90 days and would get {self.per_member[1]}."
        )


def outlook(workflows: Iterable[Counted], waking: Mapping[str, Waking]) -> Sequence[Outlook]:
    """One per organization that has any message to expect, the largest growth first."""
    by_gym: dict[str, list[Counted]] = defaultdict(list)
    for row in workflows:
        if row.is_live:
            by_gym[row.organization_id].append(row)
    gyms = sorted(by_gym.keys() | waking.keys())
    found = [_of(gym, by_gym.get(gym, []), waking.get(gym)) for gym in gyms]
    return sorted(found, key=lambda each: each.before - each.after - each.waking[1])


def in_window(row: Counted, messages: int) -> Decimal:
    """Messages of all executions of the window, from those of the triggers that were played."""
    if row.is_made_up or not row.triggers:
        return Decimal(0)
    return Decimal(messages) / row.triggers * row.executions


def _of(gym: str, rows: Sequence[Counted], waking: Waking | None) -> Outlook:
    before = sum((in_window(row, row.messages_before) for row in rows), Decimal(0))
    after = sum((in_window(row, row.messages_after) for row in rows), Decimal(0))
    people = max((row.subjects for row in rows), default=0)
    low, high = (
        (Decimal(0), Decimal(0)) if waking is None else (waking.low or Decimal(0), waking.high or Decimal(0))
    )
    return Outlook(
        organization_id=gym,
        before=_rounded(before / WINDOW_DAYS),
        after=_rounded(after / WINDOW_DAYS),
        waking=(_rounded(low), _rounded(high)),
        waking_triggers=0 if waking is None else waking.triggers,
        uncountable=0 if waking is None else waking.uncountable,
        per_member=(_rounded(before / people), _rounded(after / people))
        if people
        else (Decimal(0), Decimal(0)),
    )


def _rounded(number: Decimal) -> Decimal:
    return number.quantize(_HUNDREDTH, ROUND_HALF_UP)
