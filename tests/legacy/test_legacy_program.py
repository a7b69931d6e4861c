"""A workflow in the old format as a program: turn by turn it does what the old engine did in one go, whatever was stored between."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from legacy_rows import action_node, chain, edge, flat_node, logic_node, record, trigger_node
from old_graphs import GRAPHS

from atlas_workflows import exact_json
from atlas_workflows.engine.events import (
    Advanced,
    Cancelled,
    EffectDone,
    EffectFailed,
    EffectHeld,
    EffectSkipped,
    Event,
    StepRecord,
    Woken,
)
from atlas_workflows.engine.resuming import resumed
from atlas_workflows.engine.state import State, state_from_json, state_to_json
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.legacy.engine.drawn import read_workflow
from atlas_workflows.legacy.engine.plan import plan
from atlas_workflows.legacy.engine.planned import Plan, Start
from atlas_workflows.legacy.engine.semantics import BY_NAME
from atlas_workflows.legacy.execution.able import obstacle
from atlas_workflows.legacy.execution.document import door_of, holds_secret, read_program, to_document
from atlas_workflows.legacy.execution.program import LegacyProgram
from atlas_workflows.legacy.records import LegacyWorkflow

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LEAD = {
    "id": "l1",
    "name": "Ana Kovač",
    "first_name": "Ana",
    "email": "ana@mail.example",
    "status": "new",
    "tags": ["a"],
}
DATA = {"contact": LEAD, "trigger": {"source": "web"}, "organization": {"name": "Harbour"}}
TRIGGERS = {"triggers": [{"id": "t", "type": "lead_created"}], "name": "Welcome", "id": "w"}


def program_of(legacy: LegacyWorkflow, engine: str = "strict") -> LegacyProgram:
    return LegacyProgram(Workflow("w", "W"), read_workflow(legacy), BY_NAME[engine], door_of(legacy))


class Played:
    """Lets an execution go on to its end; its state goes through JSON between any two turns."""

    def __init__(self, program: LegacyProgram, answers: dict[str, Any] | None = None) -> None:
        self.program, self.answers, self.now = program, answers or {}, AT
        self.steps: list[StepRecord] = []
        self.effects: list[tuple[str, str, Any]] = []
        self.failure: Any = None
        self.state = self.take(program.start(DATA, AT, execution="e1", subject="l1", depth=0))
        while not self.state.is_over:
            self.tell(self.next_event())

    def take(self, found: Advanced) -> State:
        self.steps += found.steps
        self.effects += [(effect.key, effect.kind, effect.content) for effect in found.effects]
        self.failure = found.failure or self.failure
        [*asked] = found.effects
        assert len(asked) <= 1
        assert (found.wake_at is None) or not asked
        return state_from_json(exact_json.loads(exact_json.dumps_text(state_to_json(found.state))))

    def tell(self, event: Event) -> None:
        self.state = self.take(self.program.advance(self.state, event, self.now))

    def next_event(self) -> Event:
        [token] = self.state.tokens.values()
        if token.due_at is not None:
            self.now = max(self.now, token.due_at)
            return Woken()
        answer: Event = self.answers.pop(token.node, EffectDone("", {"id": "m"}))
        return replace(answer, key=token.key) if not isinstance(answer, Woken | Cancelled) else answer


def planned(legacy: LegacyWorkflow, engine: str = "strict") -> Plan:
    start = Start("e1", AT, {"source": "web"}, LEAD, {"name": "Harbour"})
    return plan(read_workflow(legacy), start, BY_NAME[engine])


def same(legacy: LegacyWorkflow, engine: str = "strict") -> Played:
    """Play both ways and compare: deeds, steps, and how it ends."""
    seen, played = planned(legacy, engine), Played(program_of(legacy, engine))
    deeds = [(effect.key, effect.kind) for effect in seen.effects if not effect.is_stub]
    assert [(key, kind) for key, kind, _ in played.effects] == deeds
    for effect, (_, _, content) in zip(
        [e for e in seen.effects if not e.is_stub], played.effects, strict=True
    ):
        assert {name: content.get(name) for name in effect.content} == dict(effect.content)
    words = {"passed": "skipped"}
    assert [(step.node, step.status) for step in played.steps] == [
        (step.node, words.get(step.status, step.status)) for step in seen.steps
    ]
    assert (played.now - AT).total_seconds() == sum(wait.seconds for wait in seen.waits)
    assert played.state.outcome == {"refused": "exited"}.get(seen.outcome, seen.outcome)
    return played


WELCOME = chain(
    action_node("send_email", "mail", subject="Hi {{firstName}}", body="from {{organization.name}}"),
    logic_node("wait", "w", duration=2, unit="days"),
    action_node("add_tag", "tag", tag="greeted"),
)


def test_turn_by_turn_it_does_what_the_old_engine_did_in_one_go() -> None:
    played = same(WELCOME)
    assert [kind for _, kind, _ in played.effects] == ["send_email", "add_tags"]
    content = played.effects[0][2]
    assert (content["to"], content["subject"], content["body"]) == (
        "ana@mail.example",
        "Hi Ana",
        "from Harbour",
    )
    assert (played.now - AT).total_seconds() == 300, "no wait was longer than five minutes"
    assert [step.type for step in played.steps] == ["lead_created", "send_email", "wait", "add_tag"]
    assert len({step.key for step in played.steps}) == 4


@settings(deadline=None, max_examples=60)
@given(GRAPHS)
def test_of_any_graph_both_ways_do_the_same(drawn: tuple[list[Any], list[Any], str]) -> None:
    nodes, edges, engine = drawn
    same(record(nodes=[trigger_node(), *nodes], edges=[edge("t", "a"), *edges]), engine)


def test_steps_see_what_earlier_ones_of_the_same_execution_changed() -> None:
    asks = logic_node("condition", "c", field="lead.tags", operator="contains", value="b")
    nodes = [
        trigger_node(),
        action_node("add_tag", "tag", tag="b"),
        asks,
        action_node("add_note", "yes", note="y"),
    ]
    edges = [edge("t", "tag"), edge("tag", "c"), edge("c", "yes", "true")]
    assert [kind for _, kind, _ in same(record(nodes=nodes, edges=edges)).effects] == ["add_tags", "add_note"]


REFUSED = EffectFailed("", "data", "The contact has no e-mail address.", may_retry=False)


def test_a_failed_step_ends_it_as_it_did_and_a_replay_asks_again_under_the_same_key() -> None:
    played = Played(program_of(WELCOME), {"mail": REFUSED})
    assert (played.state.outcome, played.steps[-1].status) == ("failed", "failed")
    assert played.steps[-1].error == "data: The contact has no e-mail address."
    assert (played.failure.node, played.failure.cause) == ("mail", "data")
    again = played.program.advance(resumed(played.failure.before), Woken(), AT)
    assert [effect.key for effect in again.effects] == [played.effects[0][0]]


def test_where_errors_let_the_others_go_on_they_do() -> None:
    legacy = chain(
        action_node("send_email", "mail", subject="x", body="y"), action_node("add_tag", "tag", tag="b"),
        settings={"errorHandling": "continue"},
    )  # fmt: skip
    played = Played(program_of(legacy), {"mail": REFUSED})
    assert (played.state.outcome, [kind for _, kind, _ in played.effects]) == (
        "completed",
        ["send_email", "add_tags"],
    )
    assert played.failure is None


def test_a_message_that_the_policy_stops_is_skipped_and_one_that_it_holds_waits() -> None:
    played = Played(program_of(WELCOME), {"mail": EffectSkipped("", "consent: withdrawn.")})
    [mail] = [step for step in played.steps if step.node == "mail"]
    assert (mail.status, mail.note, played.state.outcome) == ("skipped", "consent: withdrawn.", "completed")
    program = program_of(WELCOME)
    begun = program.start(DATA, AT, execution="e1", subject="l1", depth=0)
    held = program.advance(begun.state, EffectHeld(begun.effects[0].key, AT, "quiet"), AT)
    assert (held.effects, held.steps, held.state.is_over) == ((), (), False)
    done = program.advance(held.state, EffectDone(begun.effects[0].key), AT)
    assert done.wake_at is not None


def test_what_nobody_wants_any_more_ends() -> None:
    program = program_of(WELCOME)
    begun = program.start(DATA, AT, execution="e1", subject="l1", depth=0)
    over = program.advance(begun.state, Cancelled("Nobody wants it."), AT)
    assert (over.state.outcome, over.state.tokens, over.steps[-1].status) == ("cancelled", {}, "cancelled")
    assert program.advance(over.state, Woken(), AT).steps == ()


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    program = program_of(WELCOME)
    begun = program.start(DATA, AT, execution="e1", subject="l1", depth=0)
    after = program.advance(begun.state, EffectDone("e1/other"), AT)
    assert state_to_json(after.state) == state_to_json(begun.state)


def test_the_stubs_of_scoring_send_nothing_and_are_done() -> None:
    legacy = record("S", actions=[{"type": "send_sms", "content": "Hi"}, {"type": "add_tag", "tagId": "hot"}])
    assert [kind for _, kind, _ in same(legacy, "scoring").effects] == ["add_tags"]


@pytest.mark.parametrize("engine", ["label", "strict"])
def test_a_version_says_all_that_is_needed_to_execute_it(engine: str) -> None:
    document = to_document(WELCOME, TRIGGERS, ["t"], engine)
    found = read_program(exact_json.dumps_text(document))
    assert found is not None
    assert found.old == read_workflow(WELCOME)
    assert (found.engine, found.workflow.name) == (BY_NAME[engine], "Welcome")
    assert [(trigger.id, trigger.enabled) for trigger in found.workflow.triggers] == [("t", True)]
    for broken in ('{"format": "atlas.workflow/1"}', '{"format": "atlas.legacy/1"}', '["atlas.legacy/1"]'):
        assert read_program(broken) is None


def test_a_row_with_a_secret_in_what_would_be_kept_is_known() -> None:
    hook = action_node(
        "webhook", "h", url="https://x.example", headers={"Authorization": "Bearer sk_live_0123456789abcdef"}
    )
    assert holds_secret(chain(hook))
    assert not holds_secret(WELCOME)


LEAD_DOOR = {
    "trigger_type": "lead_created",
    "trigger_config": {"source": "web", "tags": ["a", "b"], "leadScore": {"min": 10}},
}
FORM_DOOR = {"trigger_type": "form_submitted", "trigger_config": {"formId": "f1", "formType": "all",
             "conditions": [{"field": "age", "operator": "gt", "value": 17}]}}  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "kind", "facts", "contact", "opens"),
    [
        (LEAD_DOOR, "lead_created", {}, {"source": "web", "tags": ["b"], "score": 10}, True),
        (LEAD_DOOR, "lead_created", {"source": "web"}, {"tags": ["b"], "score": 10}, True),
        (LEAD_DOOR, "lead_created", {}, {"source": "shop", "tags": ["b"], "score": 10}, False),
        (LEAD_DOOR, "lead_created", {}, {"source": "web", "tags": [], "score": 10}, False),
        (LEAD_DOOR, "lead_created", {}, {"source": "web", "tags": ["a"]}, False),
        ({"trigger_config": {"source": "all"}}, "lead_created", {}, {}, True),
        (FORM_DOOR, "form_submitted", {"form_id": "f1", "age": 20}, {}, True),
        (FORM_DOOR, "form_submitted", {"form_id": "f1", "age": 10}, {}, False),
        (FORM_DOOR, "form_submitted", {"form_id": "f2", "age": 20}, {}, False),
        ({"trigger_config": {"webhook_id": "h1"}}, "webhook_received", {"endpoint": "h1"}, {}, True),
        ({"trigger_config": {"webhook_id": "h1"}}, "webhook_received", {"endpoint": "h2"}, {}, False),
        (LEAD_DOOR, "appointment_booked", {}, {}, False),
    ],
)  # fmt: skip
def test_the_columns_of_the_row_are_the_door(
    columns: dict[str, Any], kind: str, facts: dict[str, Any], contact: dict[str, Any], opens: bool
) -> None:
    program = program_of(chain(action_node("add_tag"), **columns))
    said = program.hears(Trigger("t", kind, {}), {"trigger": facts, "contact": contact}, Moment(AT, UTC))
    assert (not said.reasons) == opens


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (action_node("send_email", subject="x", body="y"), None),
        (action_node("send_email", mode="template", templateId="welcome"), "stored template"),
        (action_node("send_sms", "a"), "says nothing of message"),
        (action_node("book_appointment"), "book_appointment of node a cannot be done here"),
        (logic_node("transform", "x", code="return 1"), "transform of node x made of its data"),
        (logic_node("condition", "c", conditionType="activity"), "answers a condition at random"),
        (logic_node("condition", "c", field="x", operator="resembles", value=1), "cannot be read"),
        (flat_node("Send Email", message="Hi", subject="x"), None),
        (flat_node("Do something"), None),
    ],
)
def test_what_cannot_be_done_as_it_was_is_said(node: dict[str, Any], said: str | None) -> None:
    found = obstacle(read_workflow(chain(node)), BY_NAME["strict"])
    assert (found is None) if said is None else (found is not None and said in found)


def test_without_a_beginning_it_failed_each_time_and_does_not_come() -> None:
    found = obstacle(read_workflow(record(nodes=[action_node("add_tag")], edges=[])), BY_NAME["strict"])
    assert found is not None
    assert "no trigger node" in found
