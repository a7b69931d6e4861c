"""Publishing, pausing and archiving, and what happens to executions that are under way meanwhile."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from workflows import line, node, setting, wait
from world import NOON, ONE, TWO, PostgresWorld, perform, play, wish, work, workflow_id

from atlas_workflows import exact_json
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.events import Happened
from atlas_workflows.errors import InputError
from atlas_workflows.graph.codec import to_json
from atlas_workflows.graph.model import Node, Trigger, Variable, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.rollout.flags import Override
from atlas_workflows.rollout.known import SHORTEST_MINUTES
from atlas_workflows.rollout.postgres import PostgresFlags
from atlas_workflows.store.following import follow
from atlas_workflows.store.history import read_story
from atlas_workflows.store.publication import (
    AtArchive,
    DraftInvalid,
    Published,
    StaleRevision,
    archive,
    pause,
    publish,
    resume,
)
from atlas_workflows.store.secret_references import REMEDY
from atlas_workflows.store.steering import By, cancel
from atlas_workflows.worker.model import Finished, NotSent
from atlas_workflows.worker.turn import take_turn

ADA = By("ada", "because")


def draft(world: PostgresWorld, flow: Workflow) -> int:
    """Save a draft; its revision."""
    definition = exact_json.dumps_text(to_json(flow))
    return int(
        world.rows(
            "INSERT INTO atlas.workflows (id, organization_id, name, owner, definition) VALUES (%s, %s, %s, 'atlas_enhanced', %s) "
            "ON CONFLICT (id) DO UPDATE SET definition = excluded.definition, revision = atlas.workflows.revision + 1 RETURNING revision",
            workflow_id(flow.id),
            ONE,
            flow.name,
            definition,
        )[0][0]
    )


def published(world: PostgresWorld, flow: Workflow) -> Published:
    revision = draft(world, flow)
    return publish(world.connection, ONE, workflow_id(flow.id), revision, load_catalogue(), ADA)


def test_a_draft_becomes_a_version_that_runs(postgres: PostgresWorld) -> None:
    first = published(postgres, line("w", setting("a")))
    assert (first.version, first.status, first.is_new) == (1, "active", True)
    again = publish(postgres.connection, ONE, first.workflow, 1, load_catalogue(), ADA)
    assert (again.version, again.is_new) == (1, False), "as it is"
    assert published(postgres, line("w", setting("b"))).version == 2
    (begun,) = postgres.start(wish(first.workflow))
    work(postgres)
    assert [step[0] for step in postgres.steps(begun.execution)] == ["b"]
    hashes = postgres.rows("SELECT length(definition_hash), origin FROM atlas.workflow_versions")
    assert hashes == [(64, "atlas")] * 2
    actions = [row[0] for row in postgres.rows("SELECT action FROM atlas.audit_log ORDER BY id")]
    assert actions == ["publish_version_1", "publish_version_1", "publish_version_2"]


def test_a_stale_revision_is_refused_by_its_number(postgres: PostgresWorld) -> None:
    draft(postgres, line("w", setting("a")))
    assert draft(postgres, line("w", setting("b"))) == 2
    with pytest.raises(StaleRevision, match="at revision 2, not 1"):
        publish(postgres.connection, ONE, workflow_id("w"), 1, load_catalogue(), ADA)
    with pytest.raises(InputError, match="no workflow"):
        publish(postgres.connection, TWO, workflow_id("w"), 2, load_catalogue(), ADA)
    assert postgres.rows("SELECT count(*) FROM atlas.workflow_versions") == [(0,)]


def test_a_draft_with_errors_is_refused_with_all_of_them(postgres: PostgresWorld) -> None:
    draft(postgres, line("w", Node("m", "send_email", {"subject": "Hi"})))
    with pytest.raises(DraftInvalid, match="error") as caught:
        publish(postgres.connection, ONE, workflow_id("w"), 1, load_catalogue(), ADA)
    assert any(problem.node == "m" for problem in caught.value.problems)
    postgres.connection.execute("UPDATE atlas.workflows SET definition = '{}'")
    with pytest.raises(DraftInvalid):
        publish(postgres.connection, ONE, workflow_id("w"), 1, load_catalogue(), ADA)


@pytest.mark.parametrize(
    ("schedule", "field", "said"),
    [
        ({"cron": "*/5 * * * *"}, "cron", "fires every 5 minutes; at most every 15 minutes is allowed"),
        ({"cron": "0 9 * * *", "start": "2026-05-01T00:00", "end": "2026-04-01T00:00"}, "end", "not after start"),
        ({"cron": "0 9 * * *", "end": "2026-03-01T00:00"}, "end", "is past"),
        ({"once": "2026-03-01T09:00"}, "once", "is past"),
        ({"cron": "0 9 * * *", "business_hours": {"mon": []}}, "business_hours", "never open"),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "start": "2026-01-01T00:00"}, "rrule", "never fires"),
    ],
)  # fmt: skip
def test_a_schedule_that_may_not_be_is_refused_with_its_field(
    postgres: PostgresWorld, schedule: dict[str, Any], field: str, said: str
) -> None:
    flags = PostgresFlags(postgres.connection)
    flags.put_flag(SHORTEST_MINUTES, actor="test", reason="known")
    flags.set_override(Override(SHORTEST_MINUTES.key, UUID(ONE), 15, "ada", "the small plan", NOON))
    given = Trigger("nine", "schedule", {"schedule": {"timezone": "UTC", **schedule}})
    flow = replace(line("w", setting("a")), triggers=(Trigger("t", "manual", {}), given))
    revision = draft(postgres, flow)
    with pytest.raises(DraftInvalid) as caught:
        publish(postgres.connection, ONE, workflow_id("w"), revision, load_catalogue(), ADA, now=NOON)
    (problem,) = [each for each in caught.value.problems if each.severity.value == "error"]
    assert (problem.node, problem.field) == ("nine", f"parameters.schedule.{field}")
    assert said in problem.message
    off = replace(flow, triggers=(flow.triggers[0], replace(given, enabled=False)))
    revision = draft(postgres, off)
    assert publish(
        postgres.connection, ONE, workflow_id("w"), revision, load_catalogue(), ADA, now=NOON
    ).is_new


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [("status", "archived", "archived"), ("awaiting_sign_off", True, "signature")],
)
def test_what_may_not_go_live_does_not(postgres: PostgresWorld, column: str, value: Any, said: str) -> None:
    draft(postgres, line("w", setting("a")))
    postgres.connection.execute(f"UPDATE atlas.workflows SET {column} = %s", [value])
    with pytest.raises(InputError, match=said):
        publish(postgres.connection, ONE, workflow_id("w"), 1, load_catalogue(), ADA)


def test_a_reference_to_another_organizations_secret_is_named_by_its_field(postgres: PostgresWorld) -> None:
    own, foreign, unknown = (str(uuid4()) for _ in range(3))
    header = {"name": "X-Key", "value": {"$secret": foreign}}
    call = node("call", "http_request", url="https://example.com", headers=[header])
    other = node(
        "own", "http_request", url="https://example.com", headers=[{**header, "value": {"$secret": own}}]
    )
    gone = node("gone", "add_note", text={"$secret": unknown})
    variable = Variable("token", "string", default={"$secret": foreign}, secret=True)
    draft(postgres, replace(line("w", call, other, gone), variables=(variable,)))
    # It became another's after the draft was saved: of a draft that names it the database takes no notice until then.
    for secret, organization in ((foreign, TWO), (own, ONE)):
        postgres.connection.execute(
            "INSERT INTO atlas.secrets (id, organization_id, sealed, key_id) VALUES (%s, %s, 'x', 'k')",
            [secret, organization],
        )
    with pytest.raises(DraftInvalid) as refused:
        publish(postgres.connection, ONE, workflow_id("w"), 1, load_catalogue(), ADA)
    found = [each for each in refused.value.problems if each.code == "FOREIGN_SECRET"]
    assert [(each.node, each.field) for each in found] == [
        ("call", "parameters.headers[0].value"), (None, "variables[0].default")
    ]  # fmt: skip
    assert {each.remedy for each in found} == {REMEDY}
    assert foreign not in repr(found)


def test_executions_follow_where_their_place_still_exists(postgres: PostgresWorld) -> None:
    flow = published(postgres, line("w", wait("p"), setting("old"))).workflow
    stays = published(postgres, line("v", wait("gone"), setting("old"))).workflow
    (follows,) = postgres.start(wish(flow))
    (left,) = postgres.start(wish(stays))
    work(postgres)
    (fresh,) = postgres.start(wish(flow, "c2"))
    new = published(postgres, line("w", wait("p"), setting("new"))).version
    assert {(each.execution, each.obstacle) for each in follow(postgres.connection, ONE, flow, new)} == {
        (follows.execution, None),
        (fresh.execution, None),
    }
    new = published(postgres, line("v", wait("other"), setting("new"))).version
    (told,) = follow(postgres.connection, ONE, stays, new)
    assert told.obstacle == "It is at the step gone, which is gone."
    play(postgres, [])
    for execution, last in ((follows, "new"), (fresh, "new"), (left, "old")):
        assert [step[0] for step in postgres.steps(execution.execution)][-1] == last
    assert list(follow(postgres.connection, ONE, flow, 2)) == [], "nobody is left"


def test_what_a_worker_has_in_hand_follows_too(postgres: PostgresWorld) -> None:
    flow = published(postgres, line("w", setting("a"), wait("p"))).workflow
    (begun,) = postgres.start(wish(flow))
    batch = postgres.executions.checkpoint((), 10)[0]
    old = [
        take_turn(c, postgres.definitions.program(ONE, c.workflow, c.version), batch.now)
        for c in batch.claimed
    ]
    assert len(old) == 1
    new = published(postgres, line("w", setting("b"), wait("p"))).version
    list(follow(postgres.connection, ONE, flow, new))
    assert postgres.executions.checkpoint(old, 0)[1] == {(ONE, begun.execution)}, "its turn is stale"
    work(postgres)
    assert [step[0] for step in postgres.steps(begun.execution)] == ["b"]


def test_a_pause_holds_everything_and_a_resume_lets_it_go_on(postgres: PostgresWorld) -> None:
    listens = Node("e", "wait", {"wait": {"kind": "until_event", "events": [{"type": "ping"}]}})
    slow = Node("n", "add_note", {"text": "n"}, timeout_seconds=600)
    asks = published(postgres, line("asks", slow, setting("z"))).workflow
    waits = published(postgres, line("waits", wait("p"), setting("z"))).workflow
    hears = published(postgres, line("hears", listens, setting("z"))).workflow
    asked, waited, heard = postgres.start(*(wish(flow) for flow in (asks, waits, hears)))
    work(postgres)
    (late,) = postgres.start(wish(asks, "late"))
    in_hand = postgres.executions.checkpoint((), 10)[0].claimed
    assert [each.execution for each in in_hand] == [late.execution]
    for flow in (asks, waits, hears):
        assert pause(postgres.connection, ONE, flow, ADA, now=NOON).status == "paused"
    assert [each.answer for each in postgres.start(wish(asks, "c9"))] == ["refused"]
    stale = [take_turn(each, postgres.definitions.program(ONE, asks, 1), NOON) for each in in_hand]
    assert len(postgres.executions.checkpoint(stale, 0)[1]) == 1
    assert perform(postgres, ["add_note"], lambda _: pytest.fail("it is held")) == 0
    postgres.tell(ONE, heard.execution, Happened("ping", NOON, {}))
    postgres.move_to(NOON + timedelta(hours=1))
    postgres.executions.promote()
    assert work(postgres) == 0, "nothing is claimed"
    assert read_story(postgres.connection, ONE, waited.execution).execution.waits_for == "workflow_paused"
    assert pause(postgres.connection, ONE, asks, ADA).executions == 2, "again does no harm"
    for flow in (asks, waits, hears):
        assert resume(postgres.connection, ONE, flow, ADA, now=NOON + timedelta(hours=1)).status == "active"
    play(postgres, ["add_note"])
    for execution in (asked, waited, heard, late):
        assert postgres.end(execution.execution) == ("completed", None)
    assert set(postgres.effects().values()) == {"done"}


def test_a_drained_workflow_finishes_what_it_began(postgres: PostgresWorld) -> None:
    flow = published(postgres, line("w", wait("p"), node("n"))).workflow
    (begun,) = postgres.start(wish(flow))
    pause(postgres.connection, ONE, flow, ADA, drain=True)
    play(postgres, ["add_note"])
    assert postgres.end(begun.execution) == ("completed", None)
    assert [each.answer for each in postgres.start(wish(flow, "c2"))] == ["refused"]


def test_a_drain_lets_go_on_what_a_pause_holds(postgres: PostgresWorld) -> None:
    flow = published(postgres, line("w", node("n"))).workflow
    (begun,) = postgres.start(wish(flow))
    work(postgres)
    pause(postgres.connection, ONE, flow, ADA)
    assert pause(postgres.connection, ONE, flow, ADA, drain=True).executions == 1
    play(postgres, ["add_note"])
    assert postgres.end(begun.execution) == ("completed", None)


def test_what_comes_back_unsent_waits_for_the_resume(postgres: PostgresWorld) -> None:
    flow = published(postgres, line("w", node("n"))).workflow
    (begun,) = postgres.start(wish(flow))
    work(postgres)
    (taken,) = postgres.ledger.exchange((), {"add_note": 1})
    pause(postgres.connection, ONE, flow, ADA)
    postgres.ledger.exchange([Finished(taken, NotSent())], {})
    assert perform(postgres, ["add_note"], lambda _: pytest.fail("it is held")) == 0
    resume(postgres.connection, ONE, flow, ADA)
    play(postgres, ["add_note"])
    assert postgres.end(begun.execution) == ("completed", None)
    assert postgres.rows("SELECT waits_for FROM atlas.effects") == [(None,)]


def test_who_comes_late_neither_holds_nor_releases(postgres: PostgresWorld) -> None:
    """A resume between the two halves of a pause, and the other way round."""
    flow = published(postgres, line("w", wait("p"))).workflow
    postgres.start(wish(flow))
    given = {"organization": ONE, "workflow": flow, "now": NOON}
    late = {**given, "status": "paused"}
    assert postgres.connection.execute(sql("engine/hold_workflow"), late).rowcount == 0
    pause(postgres.connection, ONE, flow, ADA)
    late = {**given, "status": "active"}
    assert postgres.connection.execute(sql("engine/release_workflow"), late).rowcount == 0


def test_what_is_held_can_be_cancelled(postgres: PostgresWorld) -> None:
    flow = published(postgres, line("w", wait("p"))).workflow
    (begun,) = postgres.start(wish(flow))
    work(postgres)
    pause(postgres.connection, ONE, flow, ADA)
    cancel(postgres.connection, ONE, begun.execution, ADA)
    work(postgres)
    end = postgres.end(begun.execution)
    assert end
    assert end[0] == "cancelled"


def test_an_archive_asks_what_becomes_of_the_live_ones(postgres: PostgresWorld) -> None:
    for name, running, outcome in (
        ("w", AtArchive.FINISH, "completed"),
        ("v", AtArchive.CANCEL, "cancelled"),
    ):
        flow = published(postgres, line(name, wait("p"))).workflow
        (begun,) = postgres.start(wish(flow))
        work(postgres)
        with pytest.raises(InputError, match="1 executions"):
            archive(postgres.connection, ONE, flow, ADA)
        pause(postgres.connection, ONE, flow, ADA)
        assert archive(postgres.connection, ONE, flow, ADA, running).executions == 1
        play(postgres, [])
        end = postgres.end(begun.execution)
        assert end
        assert end[0] == outcome
        with pytest.raises(InputError, match="archived"):
            resume(postgres.connection, ONE, flow, ADA)
