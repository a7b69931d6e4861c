"""What becomes of a schedule of the old application when its organization's schedules begin to fire here. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from atlas_workflows.rollout.ownership import LIVE, WAKING, Owner
from atlas_workflows.schedule.occurrences import Schedule

# The old scheduler looked once a minute: an owner changes only while none of its instants is nearer than this.
QUIET = timedelta(minutes=2)


class Standing(StrEnum):
    """What becomes of it; the first three fire here because phase 4 says so."""

    WAKES_UP = "wakes_up"
    GOES_ON = "goes_on"
    COMES_OVER = "comes_over"
    FIRES_HERE = "fires_here"
    UNSIGNED = "unsigned"
    OFF = "off"
    ELSEWHERE = "elsewhere"
    UNREADABLE = "unreadable"
    OVER = "over"

    @property
    def sentence(self) -> str:
        """For people."""
        return _SENTENCES[self]


_SENTENCES = {
    Standing.WAKES_UP: "It is not known to have fired in the old application; somebody signed that it may.",
    Standing.GOES_ON: "It fired in the old application until its workflow was taken over, and goes on here.",
    Standing.COMES_OVER: "The old application fires its workflow by the clock; it is taken over, and goes on here.",
    Standing.FIRES_HERE: "Somebody published it here, so it fires already.",
    Standing.UNSIGNED: "It is not known to have fired in the old application, and nobody signed that it may.",
    Standing.OFF: "Its workflow is not active, or the schedule is switched off in its published version.",
    Standing.ELSEWHERE: "Its workflow is not executed here with the new meaning.",
    Standing.UNREADABLE: "Its schedule cannot be read.",
    Standing.OVER: "It is never due again.",
}
ACTIVE = (Standing.WAKES_UP, Standing.GOES_ON, Standing.COMES_OVER)


@dataclass(frozen=True, slots=True)
class ScheduleFacts:
    """A schedule trigger. `is_listening`: it stands in the published version of an active workflow, switched on.

    `has_fired`: rows or executions of the old application say so. `signed` are codes of changes of meaning.
    `may_come`: empty where the old application fires its workflow by the clock and it may be taken over, else why not.
    """

    organization: str
    workflow: str
    trigger: str
    owner: str
    status: str
    is_listening: bool
    is_published_here: bool
    evidence: str
    has_fired: bool
    signed: frozenset[str]
    schedule: Mapping[str, Any] | None
    may_come: str | None = None

    @property
    def is_signed(self) -> bool:
        asked = WAKING.get("cannot_fire" if self.evidence == "fires" else self.evidence, frozenset())
        return bool(asked & self.signed)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a schedule, and why."""

    standing: Standing
    why: str


def stand(facts: ScheduleFacts, *, is_over: bool) -> Verdict:
    """`is_over`: no instant of it lies ahead."""
    standing = _standing(facts, is_over)
    if standing is Standing.ELSEWHERE and facts.may_come:
        return Verdict(standing, facts.may_come)
    return Verdict(standing, standing.sentence)


def _standing(facts: ScheduleFacts, is_over: bool) -> Standing:
    if facts.schedule is None:
        return Standing.UNREADABLE
    if facts.owner != Owner.ATLAS_ENHANCED:
        comes = facts.may_come == "" and (facts.has_fired or facts.is_signed)
        return Standing.COMES_OVER if comes else Standing.ELSEWHERE
    if not facts.is_listening or facts.status != LIVE or facts.schedule.get("enabled") is False:
        return Standing.OFF
    if facts.is_published_here:
        return Standing.FIRES_HERE
    if not facts.has_fired and not facts.is_signed:
        return Standing.UNSIGNED
    if is_over:
        return Standing.OVER
    return Standing.GOES_ON if facts.has_fired else Standing.WAKES_UP


def is_quiet(schedules: Iterable[Schedule], now: datetime) -> bool:
    """Whether none of these is due so near to `now` that both owners, or neither, might fire it."""
    return all(
        (near := next(schedule.since(now - QUIET), None)) is None or near.at > now + QUIET
        for schedule in schedules
    )
