"""Who executes a workflow after a cutover: one owner, never nobody, and nothing that never fired wakes up unsigned. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

LIVE = "active"
FIRED = "fires"
BY_HAND = "manual"
SCHEDULE = "schedule"
# By what the history says of a trigger: the codes of which one must be signed before it may fire.
WAKING = {
    "silent": frozenset({"TRIGGER_WAS_SILENT"}),
    "cannot_fire": frozenset({"TRIGGER_CANNOT_FIRE", "NEVER_FIRED_IN_LEGACY"}),
    "unknown": frozenset({"TRIGGER_NEVER_SEEN"}),
}


class Owner(StrEnum):
    """Who executes a workflow's triggers."""

    LEGACY_APP = "legacy_app"
    ATLAS_LEGACY = "atlas_legacy"
    ATLAS_ENHANCED = "atlas_enhanced"


class Parity(StrEnum):
    """What the comparison of legacy and enhanced semantics found for a workflow."""

    NOT_COMPARED = "not_compared"
    SAME = "same"
    EXPLAINED = "explained"
    UNEXPLAINED = "unexplained"


class Cause(StrEnum):
    """Why a workflow has the owner it has."""

    READY = "ready"
    OURS_ALREADY = "ours_already"
    CHANGED_MEANWHILE = "changed_meanwhile"
    OFF_HERE = "off_here"
    UNSUPPORTED = "unsupported"
    UNSIGNED = "unsigned"
    UNEXPLAINED = "unexplained"
    NOT_COMPARED = "not_compared"
    FIRES_BY_CLOCK = "fires_by_clock"
    SWITCH_REFUSED = "switch_refused"

    @property
    def sentence(self) -> str:
        """For people and the audit log."""
        return _SENTENCES[self]


_SENTENCES = {
    Cause.READY: "It is supported, and every change of its meaning is signed.",
    Cause.OURS_ALREADY: "It is executed here already.",
    Cause.CHANGED_MEANWHILE: "The old application changed it while it was looked at; the next run takes it.",
    Cause.OFF_HERE: "The old application executes it, and translation had to leave it switched off.",
    Cause.UNSUPPORTED: "Its definition has errors, so it cannot be executed here.",
    Cause.UNSIGNED: "A change of its meaning is not signed.",
    Cause.UNEXPLAINED: "Legacy and enhanced semantics differ, and nothing explains it.",
    Cause.NOT_COMPARED: "Legacy and enhanced semantics were not compared for it.",
    Cause.FIRES_BY_CLOCK: "The old application fires a schedule of it, and its organization's schedules do not fire here yet.",
    Cause.SWITCH_REFUSED: "The on/off column of the old application could not be set.",
}


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """A trigger of the old application: its key in the definition, its type, and what the history says of it."""

    key: str
    type: str
    evidence: str

    def wakes_up_unsigned(self, signed: frozenset[str]) -> bool:
        """It is not known to have fired in the old application, and nobody signed that it may."""
        asked = WAKING.get(self.evidence, frozenset())
        return self.type != BY_HAND and self.evidence != FIRED and not asked & signed


@dataclass(frozen=True, slots=True)
class WorkflowFacts:
    """What a decision needs to know. `is_on_there`: whether the old application executes it now.

    `is_settled`: no change of its legacy row waits to be taken up. `errors` are those of its definition. `signed` are the
    codes of the changes of meaning that somebody signed for its present source. `old_obstacle`: why it cannot be executed
    here with the old meaning; None where it can. `fires_by_clock`: a schedule of it fires in the old application, and none
    of its organization's fires here yet, so whoever took it would leave that schedule with nobody.
    """

    workflow: str
    organization: str
    owner: Owner
    status: str
    is_on_there: bool
    awaits_sign_off: bool = False
    is_settled: bool = True
    errors: tuple[str, ...] = ()
    parity: Parity = Parity.NOT_COMPARED
    triggers: tuple[TriggerFacts, ...] = ()
    signed: frozenset[str] = frozenset()
    old_obstacle: str | None = None
    fires_by_clock: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a cutover insists on, and whether somebody chose the executor of the old format for what is not ready."""

    needs_parity: bool = False
    has_legacy_executor: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """The owner of every trigger of a workflow, and why. `asleep` are keys of triggers that stay switched off.

    `old_obstacle`: why it stays with the old application though somebody chose the executor of the old format for it.
    """

    workflow: str
    owner: Owner
    cause: Cause
    asleep: tuple[str, ...] = ()
    old_obstacle: str | None = None

    @property
    def sentence(self) -> str:
        """For people and the audit log."""
        if self.owner is Owner.ATLAS_LEGACY and self.cause is not Cause.OURS_ALREADY:
            return f"{self.cause.sentence} It is executed here with the old meaning."
        if self.old_obstacle is not None:
            return f"{self.cause.sentence} With the old meaning: {self.old_obstacle}"
        return self.cause.sentence


def decide(facts: WorkflowFacts, rules: Rules) -> Decision:
    """The owner of one workflow."""
    if facts.owner is Owner.ATLAS_ENHANCED:
        return Decision(facts.workflow, facts.owner, Cause.OURS_ALREADY)
    obstacle = _obstacle(facts, rules)
    if obstacle is not None and facts.owner is Owner.ATLAS_LEGACY:
        return Decision(facts.workflow, facts.owner, Cause.OURS_ALREADY)
    if obstacle is not None:
        return _second_best(facts, obstacle, rules)
    asleep = tuple(trigger.key for trigger in facts.triggers if trigger.wakes_up_unsigned(facts.signed))
    return Decision(facts.workflow, Owner.ATLAS_ENHANCED, Cause.READY, asleep)


def decide_all(facts: Iterable[WorkflowFacts], rules: Rules) -> list[Decision]:
    """One decision for each workflow, in the order given."""
    return [decide(item, rules) for item in facts]


def _obstacle(facts: WorkflowFacts, rules: Rules) -> Cause | None:
    if not facts.is_settled:
        return Cause.CHANGED_MEANWHILE
    if facts.awaits_sign_off:
        return Cause.UNSIGNED
    if facts.is_on_there and facts.status != LIVE:
        return Cause.OFF_HERE
    if facts.errors and facts.status == LIVE:
        return Cause.UNSUPPORTED
    if facts.parity is Parity.UNEXPLAINED:
        return Cause.UNEXPLAINED
    if rules.needs_parity and facts.parity is Parity.NOT_COMPARED and facts.status == LIVE:
        return Cause.NOT_COMPARED
    if facts.fires_by_clock and facts.owner is Owner.LEGACY_APP:
        return Cause.FIRES_BY_CLOCK
    return None


def _second_best(facts: WorkflowFacts, obstacle: Cause, rules: Rules) -> Decision:
    """What cannot be executed with the new meaning is executed with the old one, by whoever can and was chosen."""
    stays = obstacle is Cause.CHANGED_MEANWHILE or facts.fires_by_clock
    if stays or not (rules.has_legacy_executor and facts.is_on_there):
        return Decision(facts.workflow, Owner.LEGACY_APP, obstacle)
    owner = Owner.ATLAS_LEGACY if facts.old_obstacle is None else Owner.LEGACY_APP
    return Decision(facts.workflow, owner, obstacle, old_obstacle=facts.old_obstacle)
