"""What is said about each trigger of a workflow: whether it fired, how that is known, and what that means at cutover."""

from dataclasses import dataclass
from enum import StrEnum

from atlas_workflows.graph.model import Trigger
from atlas_workflows.legacy.evidence.seen import Evidence, Seen
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.triggers.doors import BY_HAND, SCHEDULED, Barrier
from atlas_workflows.legacy.triggers.identity import Slot


class EvidenceClass(StrEnum):
    """Whether a trigger started its workflow in the old application."""

    FIRES = "fires"
    SILENT = "silent"
    CANNOT_FIRE = "cannot_fire"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """The class of one trigger, the rule that gave it, and a sentence for people."""

    evidence: EvidenceClass
    rule: str
    sentence: str

    @property
    def note(self) -> str:
        """What stands in the definition's notes."""
        return f"In the old application: {self.evidence} ({self.rule}). {self.sentence}"


_FIRES = Judged(EvidenceClass.FIRES, "history", "The history shows executions that it started.")
_SILENT = Judged(
    EvidenceClass.SILENT, "events_without_execution", "Events for it came in while it was active, and nothing started."
)  # fmt: skip
_UNKNOWN = Judged(
    EvidenceClass.UNKNOWN, "no_history_no_events", "No execution and no event says whether it ever started anything."
)  # fmt: skip
_NEVER_BY_HAND = Judged(EvidenceClass.UNKNOWN, "by_hand", "Nobody is known to have started it by hand.")
_BY_HAND = Judged(EvidenceClass.FIRES, "by_hand", "People started it by hand.")
_OF_ITS_ROW = Judged(EvidenceClass.FIRES, "own_row", "Its own row says when it last fired.")
_SEEN = {Seen.FIRES: _FIRES, Seen.SILENT: _SILENT, Seen.NOTHING: _UNKNOWN}
OFF_UNREAD = "The registered row is switched off, which nothing read; it started workflows all the same, and now stays off."
_PLANNED = frozenset({Barrier.SCHEDULES_NEVER_FIRED, Barrier.SCORING_NEVER_FIRED})
_CODES = {
    EvidenceClass.SILENT: ReasonCode.TRIGGER_WAS_SILENT,
    EvidenceClass.CANNOT_FIRE: ReasonCode.TRIGGER_CANNOT_FIRE,
    EvidenceClass.UNKNOWN: ReasonCode.TRIGGER_NEVER_SEEN,
}


def judge(slot: Slot, evidence: Evidence | None, column: str | None) -> Judged | None:
    """The verdict on one trigger; None where it depends on a history that was not looked at.

    `column` is the row's trigger_type: what was seen is what became of the events that it asks for.
    """
    if slot.barrier is not None:
        return _behind(slot, slot.barrier, evidence, column)
    if evidence is None:
        return None
    if slot.canonical == BY_HAND:
        return _BY_HAND if evidence.by_hand else _NEVER_BY_HAND
    return _SEEN[evidence.seen]


def _behind(slot: Slot, barrier: Barrier, evidence: Evidence | None, column: str | None) -> Judged:
    """Rules come before history, which may stem from another configuration; only what was never planned may prove itself."""
    if barrier in _PLANNED:
        if slot.has_fired:
            return _OF_ITS_ROW
        is_marked = barrier is Barrier.SCHEDULES_NEVER_FIRED and column == SCHEDULED
        if is_marked and evidence is not None and evidence.seen is Seen.FIRES:
            return _FIRES
    return Judged(EvidenceClass.CANNOT_FIRE, str(barrier), barrier.sentence)


def fired_though_off(slot: Slot, judged: Judged | None) -> bool:
    """Whether a row says that the trigger is switched off, and it started the workflow all the same."""
    fires = judged is not None and judged.evidence is EvidenceClass.FIRES
    return fires and slot.barrier is None and slot.is_switched_off


def note_verdicts(
    pairs: list[tuple[Trigger, Slot, Judged | None]], findings: Findings, *, is_live: bool, is_surveyed: bool
) -> None:
    """Reasons for all where the history was surveyed; changes for those of a live workflow that would wake up."""
    for trigger, slot, judged in pairs:
        if judged is None:
            continue
        if is_surveyed:
            findings.reason(
                ReasonCode.TRIGGER_EVIDENCE, slot.path, f"{trigger.id[:40]} ({trigger.type}): {judged.note}"
            )
        if is_live and fired_though_off(slot, judged):
            findings.change(
                ReasonCode.DISABLED_TRIGGER_FIRED, slot.path, OFF_UNREAD,
                before="started it", after="switched off",
            )  # fmt: skip
        by_hand = slot.canonical == BY_HAND and slot.barrier is None
        wakes = judged.evidence is not EvidenceClass.FIRES and not by_hand
        if wakes and is_live and trigger.enabled and slot.barrier not in _PLANNED:
            findings.change(
                _CODES[judged.evidence], slot.path, judged.sentence,
                before=str(judged.evidence), after=f"{trigger.type} starts it",
            )  # fmt: skip
