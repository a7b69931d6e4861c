"""Turns as the rows and documents that the engine's statements take."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from atlas_workflows.engine.events import StepRecord
from atlas_workflows.engine.state import state_to_json
from atlas_workflows.worker.causes import pattern_of
from atlas_workflows.worker.exposures import Exposure
from atlas_workflows.worker.messages import (
    beginning_to_json,
    error_given_up,
    error_of,
    event_of,
    event_to_json,
    json_text,
    starter_to_json,
    status_given_up,
    status_of,
)
from atlas_workflows.worker.model import DeadLetter, End, Finished, News, Place, Start, Turn
from atlas_workflows.worker.turn import contact_of, depth_of

STATUSES = frozenset({"completed", "failed", "cancelled", "timeout"})
_LONE = dict.fromkeys((0, *range(55296, 57344)), "�")


def places(found: Iterable[Place]) -> str:
    """Executions by organization and id."""
    return json_text([{"organization_id": o, "execution_id": e} for o, e in found])


def turn_rows(turns: Sequence[Turn], woken: frozenset[Place]) -> str:
    """What becomes of each execution; those in `woken` are ready again at once."""
    return json_text([_turn(turn, turn.claimed.place in woken) for turn in turns])


def _turn(turn: Turn, wake: bool) -> dict[str, Any]:
    claimed, end = turn.claimed, turn.end
    row = {
        "organization_id": claimed.organization,
        "execution_id": claimed.execution,
        "started_at": claimed.started_at,
        "is_over": end is not None,
        "wake": wake,
        "recorded": claimed.recorded + len(turn.steps),
    }
    if end is not None:
        return row | {
            "status": end.outcome if end.outcome in STATUSES else "completed",
            "outcome": end.outcome,
            "reason": end.reason,
            "finished_at": end.at,
        }
    assert turn.state is not None  # an execution that goes on has one
    status = None if claimed.begun else "running"
    return row | {"due_at": turn.due_at, "document": state_to_json(turn.state), "status": status}


def told_rows(turns: Iterable[Turn]) -> str:
    """What of the inboxes has been told."""
    return json_text(told_of(turn for turn in turns if turn.end is None))


def told_of(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """What the inboxes of these executions held when they were claimed."""
    return [
        {"organization_id": turn.claimed.organization, "execution_id": turn.claimed.execution, "id": number}
        for turn in turns
        for number, _ in turn.claimed.inbox
    ]


def step_rows(turns: Iterable[Turn]) -> Iterator[tuple[Any, ...]]:
    """Steps in the order of the columns of copy_steps."""
    for turn in turns:
        for position, step in enumerate(turn.steps, turn.claimed.recorded):
            yield _step(turn, position, step)


def _step(turn: Turn, position: int, step: StepRecord) -> tuple[Any, ...]:
    took = (
        None if step.finished_at is None else int((step.finished_at - step.started_at).total_seconds() * 1000)
    )
    return (
        turn.claimed.execution,
        turn.claimed.organization,
        step.started_at,
        position,
        step.node,
        step.type,
        step.status,
        None if step.input is None else json_text(step.input),
        None if step.output is None else json_text(step.output),
        _text(step.error),
        step.attempt - 1,
        step.finished_at,
        took,
        _text(step.note) or None,
        turn.claimed.version,
        step.key or None,
        step.iteration,
        step.port,
        [_text(name) for name in step.unresolved] or None,
    )


def _text(text: str | None) -> str | None:
    return text.translate(_LONE) if text else text


def effect_rows(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """What a batch wants to have done, in order."""
    found = [(turn, effect) for turn in turns for effect in turn.effects]
    return [
        {
            "place": place,
            "organization_id": turn.claimed.organization,
            "effect_key": effect.key,
            "execution_id": turn.claimed.execution,
            "workflow_id": turn.claimed.workflow,
            "subject": turn.claimed.subject,
            "node_id": effect.node,
            "kind": effect.kind,
            "content": effect.content,
            "contact": contact_of(turn),
            "intended_at": effect.at,
            "depth": depth_of(turn, effect),
        }
        for place, (turn, effect) in enumerate(found)
    ]


def exposure_rows(exposures: Iterable[Exposure]) -> str:
    """What splits showed."""
    return json_text(
        [
            {
                "organization_id": item.organization,
                "workflow_id": item.workflow,
                "workflow_version": item.version,
                "execution_id": item.execution,
                "subject": item.subject,
                "node_id": item.node,
                "exposure_key": item.key,
                "variant": item.variant,
                "shown_at": item.at.isoformat(),
            }
            for item in exposures
        ]
    )


def given_up_rows(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """Effects that nobody waits for any more."""
    return [
        {"organization_id": turn.claimed.organization, "effect_key": key}
        for turn in turns
        for key in turn.given_up
    ]


def subscription_rows(turns: Iterable[Turn]) -> list[dict[str, str]]:
    """What executions that go on want to hear of."""
    return [
        {
            "organization_id": turn.claimed.organization,
            "event_type": event_type,
            "subject": turn.claimed.subject,
            "execution_id": turn.claimed.execution,
        }
        for turn in turns
        for event_type in turn.subscribes
    ]


def start_rows(starts: Iterable[Start]) -> str:
    """Wishes to start executions."""
    return json_text(
        [
            {
                "organization_id": wish.organization,
                "execution_id": wish.execution,
                "workflow_id": wish.workflow,
                "subject": wish.subject,
                "anchor": wish.anchor,
                "triggered_by": wish.triggered_by,
                "priority": wish.priority,
                "document": beginning_to_json(wish),
                "starter": starter_to_json(wish.waiter),
                "is_owed": wish.is_owed,
            }
            for wish in starts
        ]
    )


def letter_rows(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """What is kept of executions that failed."""
    return [
        _letter(turn, turn.letter, turn.end)
        for turn in turns
        if turn.letter is not None and turn.end is not None
    ]


def _letter(turn: Turn, letter: DeadLetter, end: End) -> dict[str, Any]:
    return {
        "organization_id": turn.claimed.organization,
        "execution_id": turn.claimed.execution,
        "failed_at": end.at,
        "node_id": letter.node,
        "node_type": letter.node_type,
        "error_class": letter.cause,
        "message": letter.message,
        "pattern": pattern_of(letter.message),
        "steps": len(turn.steps),
        "document": None if letter.state is None else state_to_json(letter.state),
        "untold": [event_to_json(event) for event in letter.untold],
    }


def enrolment_rows(starts: Iterable[Start]) -> str:
    """The keys of enrolments."""
    return json_text(
        [
            {
                "organization_id": wish.organization,
                "workflow_id": wish.workflow,
                "subject": wish.subject,
                "anchor": wish.anchor,
            }
            for wish in starts
        ]
    )


def report_rows(turns: Iterable[Turn]) -> str:
    """What steps are told that waited for what has ended; an execution that is waited for hangs on that step."""
    return json_text(
        [
            {
                "organization_id": turn.claimed.organization,
                "workflow_id": turn.claimed.workflow,
                "subject": turn.claimed.subject,
                "anchor": turn.claimed.starter.key,
                "report": event_to_json(turn.report),
            }
            for turn in turns
            if turn.claimed.starter is not None and turn.report is not None
        ]
    )


def news_rows(news: Iterable[News]) -> str:
    """Events for live executions, in order."""
    return json_text(
        [
            {
                "place": place,
                "organization_id": item.organization,
                "execution_id": item.execution,
                "event": event_to_json(item.event),
            }
            for place, item in enumerate(news)
        ]
    )


def finished_rows(finished: Iterable[Finished]) -> str:
    """What came of effects, in order."""
    return json_text([_finished(place, item) for place, item in enumerate(finished)])


def _finished(place: int, item: Finished) -> dict[str, Any]:
    event = event_of(item)
    return {
        "place": place,
        "organization_id": item.dispatch.organization,
        "effect_key": item.dispatch.key,
        "dispatches": item.dispatch.dispatches,
        "status": status_of(item.answer),
        "answer": None if event is None else event_to_json(event),
        "error": error_of(item.answer),
        "status_given_up": status_given_up(item.answer),
        "error_given_up": error_given_up(item.answer),
    }
