"""Why somebody got, did not get or does not yet get something: every acting step has one verdict, with its reason."""

import json
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner
from workflows import line, node, wait
from world import NOON, ONE, TWO, PostgresWorld, perform, wish, work

from atlas_workflows.cli import dead_letters, execution
from atlas_workflows.errors import InputError
from atlas_workflows.graph.model import Edge, Node, RetryPolicy, Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.acting_steps import VERDICTS, ActingStep, Today
from atlas_workflows.store.explanation import Explanation, explain
from atlas_workflows.store.publication import pause
from atlas_workflows.store.steering import By
from atlas_workflows.worker.model import Answer, Performed, Refused, Unclear

HOT = {"field": "contact.score", "operator": "greater_than", "value": 50}
TRIGGER = Trigger("t", "manual", {})


def forked() -> Workflow:
    """hot -> won; else wait -> later; skipped has nothing to do, silent is never heard of."""
    nodes = (
        Node("first", "add_note", {"text": "1"}, name="Welcome"),
        Node(
            "skipped",
            "add_note",
            {"text": "2", "skip_unless": {"field": "contact.vip", "operator": "exists"}},
        ),
        Node("hot", "condition", {"condition": HOT}),
        node("won"),
        wait("p", 5),
        node("later"),
    )
    edges = ("t first", "first skipped", "skipped hot", "hot:true won", "hot:false p", "p later")
    return Workflow("w", "Follow up", nodes, tuple(_edge(text) for text in edges), (TRIGGER,))


def _edge(text: str) -> Edge:
    source, target = text.split()
    step, _, port = source.partition(":")
    return Edge(text, step, target, port or "main")


def explained(world: PostgresWorld, workflow: str, contact: dict[str, Any] | None = None) -> Explanation:
    return explain(world.connection, ONE, "c1", workflow, load_catalogue(), Today(contact, NOON))


def acting_steps(
    world: PostgresWorld, workflow: str, contact: dict[str, Any] | None = None
) -> dict[str, ActingStep]:
    found = {acted.node: acted for acted in explained(world, workflow, contact).executions[0].acting_steps}
    assert {acted.verdict for acted in found.values()} <= set(VERDICTS)
    return found


def begin(world: PostgresWorld, score: int = 12) -> tuple[str, str]:
    workflow = world.publish(forked())
    (begun,) = world.start(wish(workflow, data={"contact": {"id": "c1", "score": score}}))
    return workflow, begun.execution


def answered(world: PostgresWorld, answer: Answer = Performed()) -> None:  # noqa: B008
    while work(world) or perform(world, ["add_note"], lambda _: answer):
        pass


def test_each_acting_step_has_its_verdict(postgres: PostgresWorld) -> None:
    workflow, _ = begin(postgres)
    assert {acted.verdict for acted in acting_steps(postgres, workflow).values()} == {"not_yet"}
    work(postgres)
    found = acting_steps(postgres, workflow)
    assert [found[name].verdict for name in ("first", "skipped", "won", "later")] == [
        "under_way",
        "not_yet",
        "not_yet",
        "not_yet",
    ]
    answered(postgres)
    found = acting_steps(postgres, workflow, {"score": 99})
    assert (found["first"].verdict, found["first"].name, found["first"].at) == ("done", "Welcome", NOON)
    assert found["skipped"].verdict == "skipped"
    assert "contact.vip" in str(found["skipped"].because)
    assert found["won"].verdict == "not_taken"
    assert found["won"].because == "At hot it went by false. No: contact.score is 12, asked: greater than 50."
    assert found["won"].now == "Yes: contact.score is 99, asked: greater than 50."
    assert (found["later"].verdict, found["later"].until) == ("not_yet", NOON.replace(minute=5))
    assert found["later"].because == "p waits"
    assert acting_steps(postgres, workflow)["won"].now is None, "the CRM does not have them"


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [(Refused("rejected", "No such address.", may_retry=False), "failed"), (Unclear("silence"), "unknown")],
)
def test_what_went_wrong_is_said(postgres: PostgresWorld, answer: Answer, verdict: str) -> None:
    workflow, _ = begin(postgres)
    answered(postgres, answer)
    found = acting_steps(postgres, workflow)
    assert found["first"].verdict == verdict
    assert found["later"].verdict == ("not_reached" if verdict == "failed" else "not_yet")
    if verdict == "failed":
        assert "No such address." in str(found["first"].because)
        assert "No such address." in str(found["later"].because)


def test_what_is_tried_again_has_not_failed_yet(postgres: PostgresWorld) -> None:
    again = Node("n", "add_note", {"text": "x"}, retry=RetryPolicy(3, delay_seconds=40))
    workflow = postgres.publish(line("w", again, node("later")))
    postgres.start(wish(workflow))
    answered(postgres, Refused("provider", "down"))
    found = acting_steps(postgres, workflow)
    assert (found["n"].verdict, found["n"].because) == ("under_way", "n is tried again")
    assert found["n"].until is not None
    assert found["n"].until > NOON
    assert found["later"].verdict == "not_yet"


@pytest.mark.parametrize("status", ["pending", "running", "timeout", "paused", "skipped", "failed"])
def test_steps_of_the_old_application_have_a_verdict_too(postgres: PostgresWorld, status: str) -> None:
    workflow = postgres.publish(line("w", node("n")))
    ((execution_id,),) = postgres.rows(
        "INSERT INTO atlas.workflow_executions (organization_id, workflow_id, workflow_version, status, started_at, trigger_data, "
        "source_table) VALUES (%s, %s, 1, 'failed', %s, '{\"id\": \"c1\"}', 'workflow_executions') RETURNING id",
        ONE, workflow, NOON,
    )  # fmt: skip
    postgres.connection.execute(
        "INSERT INTO atlas.workflow_execution_steps (execution_id, organization_id, node_id, node_type, started_at, status, source_table) "
        "VALUES (%s, %s, 'n', 'add_note', %s, %s, 'workflow_execution_steps')",
        [execution_id, ONE, NOON, status],
    )
    assert acting_steps(postgres, workflow)["n"].verdict in VERDICTS
    assert "n, add_note:" in atlas(postgres, execution.app, "explain", "c1", workflow)


def test_what_is_held_says_by_what(postgres: PostgresWorld) -> None:
    workflow, _ = begin(postgres)
    work(postgres)
    pause(postgres.connection, ONE, workflow, By("ada", "stop"))
    found = explained(postgres, workflow)
    held = found.executions[0].acting_steps[0]
    assert (held.verdict, held.because) == ("held", "Its workflow is paused.")
    assert found.obstacles == ("It is paused; nothing of it starts.",)


def test_who_was_never_enrolled_reads_why(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(forked())
    postgres.connection.execute(
        "UPDATE atlas.workflows SET source_table = 'workflows', source_id = 'w', owner = 'legacy_app', status = 'draft'"
    )
    found = explained(postgres, workflow)
    assert found.executions == ()
    assert found.obstacles == (
        "It is draft; nothing of it starts.",
        "legacy_app executes it; what that one does is not recorded here.",
    )
    with pytest.raises(InputError, match="no workflow"):
        explain(postgres.connection, TWO, "c1", workflow, load_catalogue(), Today(None, NOON))
    if not postgres.rows("SELECT to_regclass('atlas.enrolment_refusals') IS NOT NULL")[0][0]:
        postgres.connection.execute(
            "CREATE TABLE atlas.enrolment_refusals (organization_id uuid, subject text, workflow_id uuid, trigger_key text, "
            "workflow_version int, event_key text, event_type text, reason text, explanation text, leaves jsonb, times int, "
            "occurred_at timestamptz, refused_at timestamptz DEFAULT now())"
        )
    leaf = {"field": "contact.score", "operator": "greater_than", "expected": 50, "actual": 12}
    postgres.connection.execute(
        "INSERT INTO atlas.enrolment_refusals (organization_id, subject, workflow_id, trigger_key, workflow_version, event_key, "
        "event_type, reason, explanation, leaves, times, occurred_at) "
        "VALUES (%s, 'c1', %s, 't', 1, 'k', 'lead_created', 'filter', 'No.', %s, 2, %s)",
        [ONE, workflow, json.dumps([leaf]), NOON],
    )
    (refusal,) = explained(postgres, workflow, {"score": 60}).refusals
    (told,) = refusal.leaves
    assert (told.then, told.now, refusal.times) == (12, 60, 2)


def test_history_of_the_old_application_counts_too(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(forked())
    postgres.connection.execute(
        "INSERT INTO atlas.workflow_executions (organization_id, workflow_id, status, started_at, trigger_data, source_table, source_id) "
        "VALUES (%s, %s, 'completed', %s, %s, 'workflow_executions', 'x')",
        [ONE, workflow, NOON, json.dumps({"lead_id": "c1"})],
    )
    (found,) = explained(postgres, workflow).executions
    assert (found.story.execution.executor, found.acting_steps) == ("legacy_app", ())


def atlas(world: PostgresWorld, app: Any, *words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--organization", ONE, "--dsn", world.dsn])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_commands_say_it_in_words_and_as_json(postgres: PostgresWorld) -> None:
    postgres.connection.execute(
        "CREATE TABLE public.leads (id text PRIMARY KEY, organization_id uuid, name text, score int)"
    )
    postgres.connection.execute("INSERT INTO public.leads VALUES ('c1', %s, 'Ana', 70)", [ONE])
    workflow, begun = begin(postgres)
    answered(postgres)
    said = atlas(postgres, execution.app, "explain", "c1", workflow)
    assert "Asked now: Yes: contact.score is 70" in said
    assert "later, add_note: not yet, next at Mon 2 Mar 2026 12:05:00 UTC" in said
    shown = atlas(postgres, execution.app, "show", begun)
    assert "first (add_note): completed" in shown
    assert "Now: p waits until Mon 2 Mar 2026 12:05:00 UTC" in shown
    assert json.loads(atlas(postgres, execution.app, "show", begun, "--json"))["execution"]["subject"] == "c1"
    postgres.start(*(wish(workflow, f"c{i}") for i in range(2, 5)))
    pages, before = [], ""
    for _ in range(3):
        words = ["list", "--json", "--limit", "2", *(["--before", before] if before else [])]
        page = json.loads(atlas(postgres, execution.app, *words))
        pages += [each["execution"] for each in page["executions"]]
        before = page["before"] or before
    assert len(pages) == len(set(pages)) == 4
    listed = atlas(
        postgres, execution.app, "list", "--subject", "c1", "--workflow", workflow, "--outcome", "running"
    )
    assert listed.strip().endswith("1 executions.")
    assert "0 failed executions" in atlas(postgres, dead_letters.app, "list")


def test_a_replay_that_may_send_is_a_dry_run_until_it_is_said(postgres: PostgresWorld) -> None:
    workflow, begun = begin(postgres)
    answered(postgres, Refused("provider", "down", may_retry=False))
    said = atlas(postgres, execution.app, "replay", begun)
    assert "Nothing was done, because something may go out." in said
    assert postgres.entry(begun) is None
    said = atlas(postgres, dead_letters.app, "replay", "--class", "provider")
    assert "1 executions would go on" in said
    refused = CliRunner().invoke(
        execution.app, ["replay", begun, "--send", "--organization", ONE, "--dsn", postgres.dsn]
    )
    assert isinstance(refused.exception, InputError)
    done = atlas(
        postgres, execution.app, "replay", begun, "--send", "--by", "ada", "--reason", "up again", "--json"
    )
    assert json.loads(done)["was_done"]
    assert postgres.entry(begun) is not None
    missing = CliRunner().invoke(
        execution.app, ["show", str(uuid4()), "--organization", ONE, "--dsn", postgres.dsn]
    )
    assert isinstance(missing.exception, InputError)
    assert workflow
