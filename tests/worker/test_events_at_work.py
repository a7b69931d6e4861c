"""From a row of the CRM to a mail: with real workers, several at once, on indexes, and behind the fence of a cutover."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from chaos import mail_sink
from crm_tables import insert, make_crm
from planning import Session, assert_frugal, scans
from test_worker import Outside, until, working
from workflows import line, node, setting
from world import NOON, ONE, PostgresWorld, wish

from atlas_workflows.db.connect import connect
from atlas_workflows.graph.model import Node, Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.performers.mail import mail_server
from atlas_workflows.performers.send_email import SendEmail
from atlas_workflows.store.events import emit, handle_again, install_capture, remove_capture
from atlas_workflows.worker.arrivals import Handled
from atlas_workflows.worker.outbox_lane import ASK_AGAIN_SECONDS, FORGET_SECONDS, OutboxLane

pytestmark = pytest.mark.postgres
MAIL = node(
    "mail",
    "send_email",
    subject="Welcome {{ contact.first_name }}",
    body="See you at {{ organization.name }}.",
)


@pytest.fixture
def live(atlas_dsn: str) -> Iterator[PostgresWorld]:
    """The CRM with captured tables, and PostgreSQL on its own clock."""
    found = PostgresWorld(atlas_dsn, now=None)
    make_crm(found.connection)
    install_capture(found.connection)
    yield found
    found.close()


def on(type_: str, workflow: Workflow, **parameters: Any) -> Workflow:
    return replace(workflow, triggers=(Trigger("t", type_, parameters),))


def lead(world: PostgresWorld, number: int) -> str:
    return insert(
        world.connection, "leads", organization_id=ONE, first_name=f"Ana{number}",
        email=f"ana{number}@example.com", source="website",
    )  # fmt: skip


def lane(world: PostgresWorld) -> OutboxLane:
    return OutboxLane(world.outbox, world.definitions, load_catalogue())


def test_a_lead_of_the_old_application_gets_one_mail(live: PostgresWorld) -> None:
    live.publish(on("lead_created", line("w", MAIL), sources=["website"]))
    with mail_sink() as (sink, port):
        mail = SendEmail(mail_server(f"smtp://127.0.0.1:{port}", "gym@example.com"))
        with working(live.dsn, mail), working(live.dsn, mail):
            for number in range(10):
                lead(live, number)
            until(lambda: len(sink.taken) == 10)
            until(lambda: set(live.effects().values()) == {"done"})
    assert set(sink.taken.values()) == {1}
    assert live.rows("SELECT DISTINCT content ->> 'subject' FROM atlas.effects ORDER BY 1")[0] == (
        "Welcome Ana0",
    )
    assert live.rows("SELECT count(*) FROM atlas.event_outbox WHERE handled_at IS NULL") == [(0,)]


def test_four_workers_make_one_execution_of_what_arrives_four_times(live: PostgresWorld) -> None:
    """Four processes beside each other; the same deed is said under one key by four sessions, and under four keys."""
    for name, policy in (("every", "every_event"), ("once", "once"), ("after", "after_exit")):
        waits = node("reply", "wait", wait={"kind": "until_event", "events": [{"type": "never"}]})
        live.publish(on("lead_updated", line(name, waits, re_entry=policy)))
    processes = [
        subprocess.Popen([sys.executable, Path(__file__).parent / "worker_process.py", live.dsn])
        for _ in range(4)
    ]
    try:
        until(lambda: _listeners(live) == 4)
        threads = [threading.Thread(target=_say, args=(live.dsn, session)) for session in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        until(lambda: live.rows("SELECT count(*) FROM atlas.event_outbox WHERE handled_at IS NULL") == [(0,)])
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)
    counts = dict(
        live.rows(
            "SELECT w.name, count(*) FROM atlas.enrolments JOIN atlas.workflows w ON w.id = workflow_id GROUP BY 1"
        )
    )
    # Twenty-five subjects: one event each that four sessions say, and four more that nobody else says.
    assert counts == {"every": 25 * 5, "once": 25, "after": 25}
    assert live.rows("SELECT count(*) FROM atlas.event_outbox WHERE error IS NOT NULL") == [(0,)]


def _say(dsn: str, session: int) -> None:
    with connect(dsn, application_name="code", autocommit=True) as code:
        for subject in range(25):
            emit(code, ONE, "lead_updated", f"s{subject}", {"fields": ["stage"]}, key=f"same {subject}")
            emit(
                code,
                ONE,
                "lead_updated",
                f"s{subject}",
                {"fields": ["stage"]},
                key=f"own {session} {subject}",
            )


def _listeners(world: PostgresWorld) -> int:
    rows = world.rows(
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'atlas-listener' AND datname = current_database()"
    )
    return int(rows[0][0])


def test_an_event_that_is_committed_late_is_not_passed_over(live: PostgresWorld) -> None:
    live.publish(on("lead_updated", line("w", setting("a"))))
    with connect(live.dsn, application_name="slow", autocommit=True) as slow:
        with slow.transaction():
            emit(slow, ONE, "lead_updated", "early", {}, key="written first")
            emit(live.connection, ONE, "lead_updated", "late", {}, key="written second")
            assert lane(live).round() == Handled(taken=1, started=1)
        assert lane(live).round() == Handled(taken=1, started=1)


def test_what_comes_of_an_event_and_cannot_be_stored_fails_alone(live: PostgresWorld) -> None:
    live.connection.execute("ALTER TABLE atlas.enrolments ADD CHECK (subject <> 'poison')")
    live.publish(on("lead_updated", line("w", setting("a"))))
    for subject in ("a", "poison", "b"):
        emit(live.connection, ONE, "lead_updated", subject, {}, key=subject)
    assert lane(live).round() == Handled(taken=3, started=2, failed=1)
    rows = live.rows(
        "SELECT event_key, error LIKE 'What comes of it cannot be stored%%' FROM atlas.event_outbox WHERE error IS NOT NULL"
    )
    assert rows == [("poison", True)]


def test_an_event_that_cannot_be_read_fails_alone(live: PostgresWorld) -> None:
    """1e5000 is a number to PostgreSQL, and 5,001 digits to who reads it back."""
    live.publish(on("lead_created", line("w", setting("a"))))
    live.connection.execute(
        "INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, subject, anchor, data, occurred_at, order_key)"
        " SELECT %s, key, 'lead_created', 's', key, data::jsonb, now(), 'one'"
        " FROM (VALUES ('huge', '{\"trigger\": {\"a\": 1e5000}}'), ('behind', '{\"trigger\": {}}')) AS v (key, data)", [ONE],
    )  # fmt: skip
    assert lane(live).round() == Handled(taken=1, failed=1)
    assert lane(live).round() == Handled(taken=1, started=1)
    ((error, told),) = live.rows(
        "SELECT error, told FROM atlas.event_outbox WHERE event_key = 'huge' AND handled_at IS NOT NULL"
    )
    assert "more than 4,300 digits" in error
    assert told is None


def test_nothing_is_lost_where_the_crm_cannot_be_read(live: PostgresWorld) -> None:
    live.publish(on("lead_created", line("w", setting("a"))))
    lead(live, 1)
    live.outbox.contacts.crm.of(live.connection)
    live.connection.execute("ALTER TABLE leads RENAME TO elsewhere")
    with pytest.raises(Exception, match="The CRM cannot be read"):
        lane(live).round()
    live.connection.execute("ALTER TABLE elsewhere RENAME TO leads")
    assert lane(live).round() == Handled(taken=1, started=1)


def test_what_the_contact_has_become_is_known_before_the_next_effect(live: PostgresWorld) -> None:
    """No event said so: the table is not captured, and the execution only woke by the clock."""
    converted = {"field": "contact.status", "operator": "equals", "value": "converted"}
    pause = node("pause", "wait", wait={"kind": "duration", "amount": 1, "unit": "seconds"})
    live.publish(on("lead_created", line("w", pause, node("n"), exit_when=converted)))
    with working(live.dsn, Outside()):
        first, second = lead(live, 1), lead(live, 2)
        until(lambda: len(live.rows("SELECT FROM atlas.execution_states WHERE begun")) == 2)
        remove_capture(live.connection)
        live.connection.execute("UPDATE leads SET status = 'converted' WHERE id = %s", [first])
        until(lambda: len(live.rows("SELECT FROM atlas.workflow_executions WHERE outcome IS NOT NULL")) == 2)
    assert live.rows("SELECT subject FROM atlas.effects") == [(second,)]
    outcomes = live.rows("SELECT outcome FROM atlas.workflow_executions ORDER BY outcome")
    assert outcomes == [("completed",), ("exited",)]


def test_publication_decides_who_listens(live: PostgresWorld) -> None:
    workflow = live.publish(on("form_submitted", line("w", setting("a")), form_ids=["F1", "f2"]))

    def listening() -> list[Any]:
        return live.rows(
            "SELECT event_type, only_value, workflow_version FROM atlas.listening_triggers ORDER BY 2"
        )

    assert listening() == [("form_submitted", "f1", 1), ("form_submitted", "f2", 1)]
    live.publish(on("event", line("w", setting("a")), name="visited"))
    assert listening() == [("visited", "", 2)]
    for status, many in (("paused", 0), ("active", 1), ("archived", 0)):
        live.connection.execute("UPDATE atlas.workflows SET status = %s WHERE id = %s", [status, workflow])
        assert len(listening()) == many


@pytest.mark.parametrize(
    ("parameters", "values"),
    [
        ({"form_ids": ["F1"]}, ["f1"]),
        ({"form_ids": ["f1", "Größe"]}, [""]),
        ({"form_ids": ["f 1"]}, [""]),
        ({"form_ids": []}, [""]),
        ({}, [""]),
        ({"form_ids": "any"}, [""]),
    ],
)
def test_a_narrowing_value_leaves_nothing_out(
    live: PostgresWorld, parameters: dict[str, Any], values: list[str]
) -> None:
    ((found,),) = live.rows("SELECT atlas.only_values('form_submitted', %s)", json.dumps(parameters))
    assert found == values


def test_ten_thousand_forms_are_not_looked_through(live: PostgresWorld) -> None:
    session = Session(live.dsn)
    session.plan("events/listening", "events/waiting", "events/take", "events/mark_handled", "events/earlier")
    live.connection.execute(
        "INSERT INTO atlas.listening_triggers SELECT %s, 'form_submitted', 'f' || n, gen_random_uuid(), 't', 1 "
        "FROM generate_series(1, 10000) AS n", [ONE],
    )  # fmt: skip
    live.connection.execute(
        "INSERT INTO atlas.wait_subscriptions SELECT %s, 'message_received', 's' || n, gen_random_uuid() "
        "FROM generate_series(1, 10000) AS n", [ONE],
    )  # fmt: skip
    live.connection.execute(
        "INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, anchor, handled_at) "
        "SELECT %s, 'k' || n, 'x', 'k', now() FROM generate_series(1, 10000) AS n", [ONE],
    )  # fmt: skip
    emit(live.connection, ONE, "lead_updated", "s1", {}, key="waits")
    asked = {
        "place": 0, "organization_id": ONE, "types": ["form_submitted"], "only_values": ["", "f77"], "subject": "s1",
        "at": NOON.isoformat(),
    }  # fmt: skip
    given = {"events": json.dumps([asked]), "now": NOON}
    assert_frugal(scans(session, "events/listening", **given), 2)
    heard = {**asked, "types": ["message_received"]}
    assert_frugal(scans(session, "events/waiting", events=json.dumps([heard])), 2)
    nobody = "00000000-0000-0000-0000-000000000000"
    assert_frugal(scans(session, "events/take", after=nobody, limit=50), 2)
    handled = {"organization_id": ONE, "event_key": "waits", "started": 0, "refused": 0, "told": 0}
    assert_frugal(scans(session, "events/mark_handled", handled=json.dumps([handled]), now=NOON), 1)
    before = {"organization": ONE, "subject": "s1", "at": NOON, "key": "waits", "limit": 50}
    assert_frugal(scans(session, "events/earlier", **before), 1)
    session.connection.close()


def test_the_fence_of_a_cutover_decides_which_events_are_ours(live: PostgresWorld) -> None:
    workflow = live.publish(on("lead_updated", line("w", setting("a"))))
    owner = "INSERT INTO atlas.execution_owners (organization_id, workflow_id, owner, fenced_at, drained_at, decided_by, reason) "
    live.connection.execute(
        "UPDATE atlas.workflows SET source_table = 'workflows', source_id = '1' WHERE id = %s", [workflow]
    )
    live.connection.execute(owner + "VALUES (%s, %s, 'legacy_app', NULL, NULL, 't', 't')", [ONE, workflow])
    emit(live.connection, ONE, "lead_updated", "before", {}, key="theirs")
    assert lane(live).round() == Handled(taken=1)
    emit(live.connection, ONE, "lead_updated", "fenced", {}, key="before the fence")
    live.connection.execute(
        "UPDATE atlas.execution_owners SET owner = 'atlas_enhanced', fenced_at = clock_timestamp()"
    )
    emit(live.connection, ONE, "lead_updated", "after", {}, key="after the fence")
    assert lane(live).round() == Handled(taken=2)
    assert [reason for reason, _, _ in live.refusals().values()] == ["before_fence"]
    deferred = lane(live)
    assert live.outbox.handle_deferred(deferred._decided, 10) == Handled(), "old executions still run"
    live.connection.execute("UPDATE atlas.execution_owners SET drained_at = clock_timestamp()")
    assert live.outbox.handle_deferred(deferred._decided, 10) == Handled(taken=1, started=1)
    assert live.outbox.handle_deferred(deferred._decided, 10) == Handled()
    assert live.rows("SELECT subject, workflow_id::text FROM atlas.enrolments") == [("after", workflow)]


@pytest.mark.parametrize(("owes", "started"), [(True, 2), (False, 0)])
def test_what_was_noted_before_the_way_back_starts_though_it_is_handled_after_it(
    live: PostgresWorld, owes: bool, started: int
) -> None:
    """One event had to wait for the drain, one was not looked at yet; with what is under way cancelled neither starts."""
    workflow, asking = drained_later(live, "deferred")
    turn = "UPDATE atlas.execution_owners SET {} = %s"
    live.connection.execute(turn.format("taken_epoch"), [0])
    emit(live.connection, ONE, "lead_updated", "waiting", {}, key="waiting")
    with live.connection.transaction():
        live.connection.execute("UPDATE atlas.execution_owners SET owner = 'legacy_app', fenced_at = NULL")
        ((epoch,),) = live.rows("SELECT atlas.change_owners(%s)", ONE)
        live.connection.execute(turn.format("returned_epoch"), [epoch if owes else None])
    emit(live.connection, ONE, "lead_updated", "theirs", {}, key="theirs")
    handled = asking.round() + live.outbox.handle_deferred(asking._decided, 10)
    assert (handled.taken, handled.started) == (3, started)
    entered = live.rows("SELECT subject, workflow_id::text FROM atlas.enrolments ORDER BY 1")
    assert entered == [("deferred", workflow), ("waiting", workflow)][:started]


def test_who_waits_is_told_once_though_the_event_is_handled_again(live: PostgresWorld) -> None:
    hears = Node("n", "wait", {"wait": {"kind": "until_event", "events": [{"type": "visited"}]}})
    waiting = live.publish(line("waits", hears))
    listening = live.publish(on("event", line("w", setting("a")), name="visited"))
    live.start(wish(waiting, "s"))
    emit(live.connection, ONE, "visited", "s", {}, key="k")
    broken = OutboxLane(live.outbox, live.definitions, Broken())
    assert broken.round() == Handled(taken=1, told=1, failed=1)
    handle_again(live.connection, ONE, "k")
    assert lane(live).round() == Handled(taken=1, started=1)
    told = live.rows("SELECT event ->> 'type' FROM atlas.execution_inbox")
    assert told == [("visited",)]
    assert live.rows("SELECT started, told, error FROM atlas.event_outbox") == [(1, 1, None)]
    assert live.rows("SELECT workflow_id::text FROM atlas.enrolments WHERE anchor = 'k'") == [(listening,)]


class Broken:
    """Trigger types of which none can be asked."""

    def trigger(self, type: str, version: int) -> None:  # noqa: A002
        raise RuntimeError


def drained_later(live: PostgresWorld, *events: str) -> tuple[str, OutboxLane]:
    """A workflow that is ours behind a fence while old executions still run, and events that have to wait for them."""
    workflow = live.publish(on("lead_updated", line("w", setting("a"))))
    live.connection.execute(
        "UPDATE atlas.workflows SET source_table = 'workflows', source_id = '1' WHERE id = %s", [workflow]
    )
    live.connection.execute(
        "INSERT INTO atlas.execution_owners (organization_id, workflow_id, owner, fenced_at, decided_by, reason) "
        "VALUES (%s, %s, 'atlas_enhanced', clock_timestamp(), 't', 't')", [ONE, workflow],
    )  # fmt: skip
    for subject in events:
        emit(live.connection, ONE, "lead_updated", subject, {}, key=subject)
    working_lane = lane(live)
    assert working_lane.round() == Handled(taken=len(events))
    return workflow, working_lane


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE atlas.execution_owners SET owner = 'legacy_app', fenced_at = NULL",
        (
            "WITH drained AS (UPDATE atlas.execution_owners SET drained_at = clock_timestamp()) "
            "UPDATE atlas.workflows SET status = 'paused'"
        ),
    ],
)
def test_a_deferred_event_of_a_workflow_that_no_longer_listens_here_is_refused(
    live: PostgresWorld, change: str
) -> None:
    workflow, asking = drained_later(live, "waits")
    live.connection.execute(change)  # type: ignore[arg-type]
    assert live.outbox.handle_deferred(asking._decided, 10) == Handled(taken=1)
    assert live.refusals()["waits", workflow][0] == "not_listening"
    assert live.rows("SELECT count(*) FROM atlas.deferred_events") == [(0,)]


def test_a_deferred_event_that_cannot_be_stored_fails_alone(live: PostgresWorld) -> None:
    live.connection.execute("ALTER TABLE atlas.enrolments ADD CHECK (subject <> 'poison')")
    _, asking = drained_later(live, "a", "poison", "b")
    live.connection.execute("UPDATE atlas.execution_owners SET drained_at = clock_timestamp()")
    assert live.outbox.handle_deferred(asking._decided, 10) == Handled(taken=3, started=2, failed=1)
    assert live.outbox.handle_deferred(asking._decided, 10) == Handled()
    rows = live.rows(
        "SELECT event_key, error LIKE '%%enrolments%%' FROM atlas.event_outbox WHERE error IS NOT NULL"
    )
    assert rows == [("poison", True)]


def test_an_event_that_is_to_be_asked_about_again_is_kept(live: PostgresWorld) -> None:
    drained_later(live, "waits")
    live.connection.execute("UPDATE atlas.event_outbox SET handled_at = handled_at - interval '31 days'")
    assert live.outbox.forget() == 0


def test_a_version_that_cannot_be_read_refuses_instead_of_being_passed_over(live: PostgresWorld) -> None:
    workflow = live.publish(on("lead_updated", line("w", setting("a"))))
    emit(live.connection, ONE, "lead_updated", "s", {}, key="k")
    unreadable = OutboxLane(live.outbox, Nothing(), load_catalogue())
    assert unreadable.round() == Handled(taken=1)
    reason, explanation, _ = live.refusals()["s", workflow]
    assert (reason, explanation[:26]) == ("not_listening", "Version 1 cannot be read, ")


class Nothing:
    """Definitions of which none can be read."""

    def program(self, organization: str, workflow: str, version: int) -> None:
        return None


def test_what_is_left_over_is_let_go_soon(live: PostgresWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    emit(live.connection, ONE, "lead_updated", "s", {}, key="k")
    asking = lane(live)
    assert asking.round() == Handled(taken=1)
    live.connection.execute("UPDATE atlas.event_outbox SET handled_at = handled_at - interval '31 days'")
    monkeypatch.setattr("time.monotonic", lambda: 1000.0)
    for pause in (ASK_AGAIN_SECONDS, FORGET_SECONDS):
        asking._next_forgetting = 0.0
        asking._do_what_is_due()
        assert asking._next_forgetting == 1000.0 + pause


def test_what_was_handled_long_ago_is_let_go(live: PostgresWorld) -> None:
    live.publish(on("lead_updated", line("w", setting("a")), fields=["stage"]))
    emit(live.connection, ONE, "lead_updated", "s", {"fields": ["name"]}, key="k")
    assert lane(live).round() == Handled(taken=1)
    assert live.outbox.forget() == 0
    live.connection.execute("UPDATE atlas.event_outbox SET handled_at = handled_at - interval '31 days'")
    live.connection.execute(
        "UPDATE atlas.enrolment_refusals SET refused_at = refused_at - interval '91 days'"
    )
    assert live.outbox.forget() == 2
    assert live.refusals() == {}
