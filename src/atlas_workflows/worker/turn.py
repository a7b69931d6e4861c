"""One turn of one execution: lets the interpreter take notice of everything that has come, and says what to write. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.engine.events import (
    Advanced,
    Cancelled,
    Effect,
    EffectDone,
    EffectFailed,
    EffectSkipped,
    Event,
    Failure,
    StepRecord,
    Woken,
)
from atlas_workflows.engine.failing import ERROR_START
from atlas_workflows.engine.nesting import STARTS, data_for, entry_of, report_of
from atlas_workflows.engine.resuming import after_pause, without_idling
from atlas_workflows.engine.state import State, Status, state_from_json
from atlas_workflows.worker.formats import Executable, began, went_on
from atlas_workflows.worker.model import (
    BY_WORKFLOW,
    LATELY,
    Claimed,
    DeadLetter,
    End,
    News,
    Start,
    Starter,
    Turn,
)

_ANSWERS = EffectDone | EffectFailed | EffectSkipped


@dataclass(slots=True)
class _Course:
    """How far a turn has come; `awaited` are the keys of effects that were waited for at some time during it."""

    state: State
    steps: list[StepRecord] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    awaited: set[str] = field(default_factory=set)
    nested: set[str] = field(default_factory=set)
    wake_at: datetime | None = None
    failure: Failure | None = None
    untold: list[Event] = field(default_factory=list)

    def follow(self, advanced: Advanced) -> None:
        self.state = advanced.state
        self.failure = self.failure or advanced.failure
        self.steps += advanced.steps
        self.effects += advanced.effects
        self.wake_at = advanced.wake_at
        self.look_at(advanced.state)

    def look_at(self, state: State) -> None:
        waiting = [token for token in state.tokens.values() if token.status is Status.EFFECT]
        self.awaited |= {token.key for token in waiting}
        self.nested |= {token.key for token in waiting if token.details["is_wait"]}


def take_turn(
    claimed: Claimed, program: Executable | None, now: datetime, contact: Mapping[str, Any] | None = None
) -> Turn:
    """What a claimed execution does at the instant `now` of the store's clock; `contact` as it is now, where that was read."""
    if claimed.document is None:
        return Turn(claimed, end=End("failed", "The entry of the queue has no execution.", now))
    if program is None:
        reason = f"Version {claimed.version} of the workflow cannot be read."
        return failed_turn(claimed, reason, now, cause="configuration")
    document = exact_json.loads(claimed.document)
    data = document["data"]
    if contact is not None:
        known = data.get("contact")
        data["contact"] = {**(known if isinstance(known, dict) else {}), **contact}
    if claimed.begun:
        return _went_on(claimed, program, state_from_json(document), now)
    trigger = document["trigger"] or entry_of(program.workflow)
    if trigger is None:
        return failed_turn(claimed, "No trigger of the workflow is switched on.", now, cause="configuration")
    return _began(claimed, program, trigger, document, now)


def failed_turn(claimed: Claimed, reason: str, now: datetime, *, cause: str = "engine") -> Turn:
    """The end of an execution that cannot go on for reasons of its own; who waits for it is told."""
    news: tuple[News, ...] = ()
    if claimed.starter is not None:
        told = EffectFailed(claimed.starter.key, "sub_workflow", reason, may_retry=False)
        news = (News(claimed.organization, claimed.starter.execution, told),)
    letter = DeadLetter("", "", cause, reason, untold=tuple(event for _, event in claimed.inbox))
    return Turn(
        claimed,
        end=End("failed", reason, now),
        news=news,
        letter=letter,
        unsubscribes=claimed.begun,
    )


def _began(claimed: Claimed, program: Executable, trigger: str, document: Any, now: datetime) -> Turn:
    begun = began(
        program,
        trigger,
        document["data"],
        now,
        execution=claimed.execution,
        subject=claimed.subject,
        depth=document["depth"],
        events=tuple(document["events"]),
    )
    course = _Course(begun.state)
    course.follow(begun)
    _tell(course, program, (event for _, event in claimed.inbox), now)
    return _written(claimed, program, course)


def _went_on(claimed: Claimed, program: Executable, state: State, now: datetime) -> Turn:
    if claimed.pause is not None:
        state = after_pause(state, *claimed.pause)
    state = without_idling(state, claimed.idle)
    course = _Course(state)
    course.look_at(state)
    events: list[Event] = [event for _, event in claimed.inbox] or [Woken()]
    # A server that took over may be behind the one that failed; time does not go back for an execution.
    _tell(course, program, events, max(now, state.last_at))
    if course.state.is_over:
        # What was let go on and not asked for yet may still be under way from before.
        course.awaited |= {token.key for token in state.tokens.values() if token.status is Status.RETRY}
    return _written(claimed, program, course)


def _tell(course: _Course, program: Executable, events: Iterable[Event], at: datetime) -> None:
    for event in events:
        if course.state.is_over:
            course.untold.append(event)
        else:
            course.follow(went_on(program, course.state, event, at))


def _written(claimed: Claimed, program: Executable, course: _Course) -> Turn:
    state = course.state
    # What ends with an execution is not asked for any more; only its error workflow still starts.
    effects = [e for e in course.effects if not state.is_over or e.key.endswith(ERROR_START)]
    answered = {event.key for _, event in claimed.inbox if isinstance(event, _ANSWERS)}
    still = {token.key for token in state.tokens.values() if token.status is Status.EFFECT}
    gone = course.awaited - answered - still
    return Turn(
        claimed=claimed,
        state=state,
        end=_end(state),
        steps=tuple(course.steps),
        effects=tuple(effect for effect in effects if effect.kind not in STARTS),
        starts=tuple(_start(claimed, state, effect) for effect in effects if effect.kind in STARTS),
        news=tuple(_report(claimed, program, state)),
        may_have_nested=_has_nested(program, state),
        given_up=tuple(sorted(gone - course.nested)),
        due_at=course.wake_at,
        subscribes=frozenset() if state.is_over else program.awaits,
        unsubscribes=claimed.begun and state.is_over and bool(program.awaits),
        letter=_letter(claimed, course),
    )


def _end(state: State) -> End | None:
    if state.outcome is None:
        return None
    return End(state.outcome, state.reason, state.finished_at or state.last_at)


def _letter(claimed: Claimed, course: _Course) -> DeadLetter | None:
    found = course.failure
    if found is None:
        return None
    about = (found.node, found.type, found.cause, found.message)
    if found.before is None or not found.before.tokens:
        # Nowhere to go on from within the turn: it stands where it stood before, with all that it had to be told.
        return DeadLetter(*about, untold=tuple(event for _, event in claimed.inbox))
    return DeadLetter(*about, found.before, tuple(course.untold))


def _start(claimed: Claimed, state: State, effect: Effect) -> Start:
    contact = state.data.get("contact")
    known, waits = contact if isinstance(contact, dict) else {}, bool(effect.content["wait_for_result"])
    return Start(
        organization=claimed.organization,
        workflow=str(effect.content["workflow_id"]),
        subject=claimed.subject,
        anchor=effect.key,
        trigger=None,
        data=data_for(state, effect.content),
        triggered_by=BY_WORKFLOW,
        depth=effect.content["depth"],
        events=tuple(state.events),
        starter=None
        if effect.key.endswith(ERROR_START)
        else Starter(claimed.execution, effect.key, known, waits),
    )


def _has_nested(program: Executable, state: State) -> bool:
    return state.is_over and any(node.type in STARTS for node in program.workflow.nodes)


def _report(claimed: Claimed, program: Executable, state: State) -> list[News]:
    starter = claimed.starter
    if starter is None or not state.is_over:
        return []
    told = report_of(starter.key, program.workflow, state, starter.known)
    return [News(claimed.organization, starter.execution, told)]


def contact_of(turn: Turn) -> dict[str, Any]:
    """What a performer may know of the contact: who it is and how it is reached."""
    contact = turn.state.data.get("contact") if turn.state is not None else None
    known = contact if isinstance(contact, dict) else {}
    return {name: known[name] for name in ("id", "name", "email", "phone") if known.get(name) is not None}


def depth_of(turn: Turn, effect: Effect) -> int:
    """How deep in a chain of executions an effect is asked for; a chain ends where its execution is older than LATELY."""
    began = turn.claimed.started_at
    is_late = began is not None and effect.at - began > LATELY
    return 0 if turn.state is None or is_late else turn.state.depth


def news_of_start(wish: Start, answer: str, report: Event | None) -> News | None:
    """What the step that asked for an execution is told at once; `report` is what the end of that one meant, if it ended."""
    asker = wish.starter
    if asker is None:
        return None
    told = report
    if answer == "refused":
        message = f"The workflow {wish.workflow[:80]} is not published or not active."
        told = EffectFailed(asker.key, "configuration", message, may_retry=False)
    elif not asker.waits:
        told = EffectDone(asker.key, {"execution": wish.execution})
    return None if told is None else News(wish.organization, asker.execution, told)


def farewell(organization: str, execution: str) -> News:
    """What an execution is told whose end another one asked for that has ended itself."""
    return News(organization, execution, Cancelled("The execution that waited for it has ended."))
