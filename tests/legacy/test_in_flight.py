"""Executions that the old application had begun: where they stand, and which of them would really have gone on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from legacy_rows import action_node, chain, logic_node, record

from atlas_workflows.engine.events import EffectDone, Woken
from atlas_workflows.engine.state import state_from_json, state_to_json
from atlas_workflows.graph.model import Workflow
from atlas_workflows.legacy.engine.drawn import read_workflow
from atlas_workflows.legacy.engine.semantics import BY_NAME
from atlas_workflows.legacy.execution.document import door_of
from atlas_workflows.legacy.execution.in_flight import (
    Fate,
    Noted,
    Standing,
    fate_of,
    parked,
    standing,
    start_of,
)
from atlas_workflows.legacy.execution.program import LegacyProgram

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
DATA: dict[str, Any] = {
    "contact": {"id": "l1", "email": "ana@mail.example"},
    "trigger": {},
    "organization": {},
}
LEGACY = chain(
    action_node("send_email", "mail", subject="x", body="y"),
    logic_node("wait", "w", duration=2, unit="days"),
    action_node("add_tag", "tag", tag="b"),
)
PROGRAM = LegacyProgram(Workflow("w", "W"), read_workflow(LEGACY), BY_NAME["strict"], door_of(LEGACY))


def after(**parts: float) -> datetime:
    return AT + timedelta(**parts)


def note(node: str, at: datetime = AT, status: str = "completed") -> Noted:
    return Noted(node, status, at)


SENT = (note("t"), note("mail", after(seconds=1)))


def stands(*notes: Noted, program: LegacyProgram = PROGRAM) -> Standing:
    return standing(program, start_of("e1", AT, DATA), notes)


def fate(*notes: Noted, now: datetime, stopped_at: datetime | None = None) -> Fate:
    return fate_of(stands(*notes), AT, now, stopped_at)


@pytest.mark.parametrize(
    "more",
    [(), (note("w", after(seconds=1)),), (note("w", after(seconds=1), "running"),)],
)
def test_a_wait_began_when_the_step_before_was_done_or_when_it_was_written_down(
    more: tuple[Noted, ...],
) -> None:
    found = stands(*SENT, *more)
    assert (found.stop is not None and found.stop.node, found.is_known) == ("w", True)
    assert found.due_at == after(seconds=301), "two days were five minutes"


@pytest.mark.parametrize(
    ("notes", "now", "stopped_at", "expected"),
    [
        (SENT, after(minutes=2), None, Fate.DRAINS),
        (SENT, after(minutes=20), None, Fate.PROCESS_GONE),
        (SENT, after(days=1), after(minutes=2), Fate.PARKED_HERE),
        (SENT, after(days=1), after(minutes=20), Fate.PROCESS_GONE),
        ((), after(minutes=2), None, Fate.DRAINS),
        ((), after(days=1), None, Fate.NEVER_BEGUN),
        ((), after(days=1), after(minutes=1), Fate.NEVER_BEGUN),
        ((note("t"),), after(minutes=2), None, Fate.DRAINS),
        ((note("t"),), after(days=1), None, Fate.IN_A_STEP),
        ((note("t"), note("mail", status="running")), after(minutes=2), after(minutes=1), Fate.IN_A_STEP),
        ((*SENT, note("w", after(minutes=5)), note("tag", after(minutes=6))), after(days=1), None, Fate.ALL_DONE),
        ((*SENT, note("elsewhere")), after(minutes=2), None, Fate.NOT_KNOWN),
        ((note("t"), Noted("mail", "failed", AT, "550 no")), after(minutes=2), None, Fate.ALL_DONE),
    ],
)  # fmt: skip
def test_what_would_have_become_of_it(
    notes: tuple[Noted, ...], now: datetime, stopped_at: datetime | None, expected: Fate
) -> None:
    assert fate(*notes, now=now, stopped_at=stopped_at) is expected
    assert expected.sentence


@pytest.mark.parametrize(
    ("now", "due"), [(after(minutes=2), after(seconds=301)), (after(days=1), after(days=1))]
)
def test_parked_here_it_goes_on_behind_its_wait_and_sends_nothing_twice(now: datetime, due: datetime) -> None:
    state, due_at = parked(PROGRAM, stands(*SENT), DATA, "l1", now)
    assert due_at == due
    kept = state_from_json(state_to_json(state))
    assert PROGRAM.advance(kept, Woken(), due - timedelta(seconds=1)).effects == ()
    gone_on = PROGRAM.advance(kept, Woken(), due)
    [effect] = gone_on.effects
    assert (effect.kind, effect.key) == ("add_tags", "e1/tag")
    over = PROGRAM.advance(gone_on.state, EffectDone(effect.key), due)
    assert (over.state.outcome, [step.node for step in gone_on.steps]) == ("completed", ["w"])


def test_what_goes_on_knows_what_its_earlier_steps_changed() -> None:
    legacy = record(
        "C",
        actions=[
            {"id": "one", "type": "add_tag", "config": {"tag": "b"}},
            {"id": "two", "type": "wait", "config": {"duration": 9, "unit": "minutes"}},
        ],
    )
    program = LegacyProgram(Workflow("w", "W"), read_workflow(legacy), BY_NAME["service"], door_of(legacy))
    found = stands(note("one"), program=program)
    state, _ = parked(program, found, DATA, "l1", AT)
    assert state.data["contact"]["tags"] == ["b"]
