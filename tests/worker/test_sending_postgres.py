"""Messages in PostgreSQL: takers at once, one person under several names, locks, the audit, the command line, real mail."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from workflows import line, node, setting
from world import LEASE, NOON, ONE, PostgresWorld, everything_works, perform, wish, work

from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.performers.send_email import MailServer, SendEmail
from atlas_workflows.store.consents import Consent, record_consent, undo_write, writes_about
from atlas_workflows.store.ledger import PostgresLedger
from atlas_workflows.store.send_policies import set_policy
from atlas_workflows.worker.effect_lane import EffectLane
from atlas_workflows.worker.model import Finished, NotSent
from forked_atlas import run_atlas

NIGHT, MORNING = NOON.replace(hour=23), NOON.replace(hour=8) + timedelta(days=1)
LEAD, CLIENT, CONTACT = (f"{n}0000000-0000-4000-8000-000000000001" for n in "abc")
PEOPLE = f"""
CREATE TABLE public.leads (id uuid PRIMARY KEY, organization_id uuid, phone text);
CREATE TABLE public.clients (id uuid PRIMARY KEY, organization_id uuid, lead_id uuid, metadata jsonb);
CREATE TABLE public.contacts (
    id uuid PRIMARY KEY, client_id uuid, phone varchar, email_opt_in boolean DEFAULT true,
    sms_opt_in boolean, unsubscribed_at timestamptz
);
INSERT INTO public.leads VALUES ('{LEAD}', '{ONE}', '+33 1 99 00 00 00');
INSERT INTO public.clients VALUES ('{CLIENT}', '{ONE}', '{LEAD}', '{{"timezone": "Europe/Rome"}}');
INSERT INTO public.contacts (id, client_id) VALUES ('{CONTACT}', '{CLIENT}');
"""


def mail(name: str = "mail", **more: Any) -> Any:
    return node(name, "send_email", subject="Hi", body="x", **more)


def intend(world: PostgresWorld, *subjects: str, **more: Any) -> list[str]:
    """One mail in a workflow of its own for each; the keys of the effects."""
    found = []
    for place, subject in enumerate(subjects):
        workflow = world.publish(line(f"w{place}", mail(**more), setting("after")))
        found += [begun.execution for begun in world.start(wish(workflow, subject, f"a{place}"))]
    work(world)
    return [f"{execution}/mail" for execution in found]


def policy(world: PostgresWorld, document: dict[str, Any]) -> int:
    return set_policy(world.connection, ONE, json.dumps(document), by="ada", reason="agreed")


@pytest.mark.parametrize("subjects", [("c1",) * 12, (LEAD, CLIENT, CONTACT) * 4])
def test_takers_at_once_do_not_pass_a_cap_together(
    postgres: PostgresWorld, subjects: tuple[str, ...]
) -> None:
    """Also where one person is the subject as a lead, as a client and as a contact."""
    postgres.connection.execute(PEOPLE)
    policy(postgres, {"email": {"per_day": {"low": 0, "normal": 3}}})
    intend(postgres, *subjects)
    ledgers = [PostgresLedger(postgres.pool, lease=LEASE, now=NOON) for _ in range(4)]
    barrier = threading.Barrier(len(ledgers))

    def take(ledger: PostgresLedger) -> int:
        barrier.wait()
        return len(ledger.exchange((), {"send_email": 3}))

    with ThreadPoolExecutor(len(ledgers)) as threads:
        taken = sum(threads.map(take, ledgers))
    assert taken == 3
    for ledger in ledgers:
        ledger.exchange((), {"send_email": 3})
    assert Counter(postgres.effects().values()) == {"dispatching": 3, "held": 9}


def test_an_execution_that_somebody_has_locked_is_told_later(postgres: PostgresWorld) -> None:
    postgres.know("c1", {}, unsubscribed_at=NOON)
    (key,) = intend(postgres, "c1")
    with connect(postgres.dsn, application_name="test") as other:
        other.execute("SELECT FROM atlas.workflow_execution_queue FOR UPDATE")
        assert postgres.ledger.exchange((), {"send_email": 1}) == []
        assert postgres.effects() == {key: "intended"}
        other.rollback()
    assert postgres.ledger.exchange((), {"send_email": 1}) == []
    assert postgres.effects() == {key: "skipped"}
    work(postgres)
    assert postgres.end(key.partition("/")[0]) == ("completed", None)


def test_a_policy_that_cannot_be_read_holds_what_it_governs(postgres: PostgresWorld) -> None:
    postgres.connection.execute(
        "INSERT INTO atlas.send_policies (organization_id, document, set_by, reason) VALUES (%s, '{\"mail\": 1}', 't', 't')",
        [ONE],
    )
    (key,) = intend(postgres, "c1")
    assert postgres.ledger.exchange((), {"send_email": 1}) == []
    until, reason = postgres.aside(key)
    assert until == NOON + timedelta(hours=1)
    assert str(reason).startswith("policy:")


def test_what_is_exempt_is_audited_once_it_goes(postgres: PostgresWorld) -> None:
    postgres.know("c1", {}, unsubscribed_at=NOON)
    (key,) = intend(postgres, "c1", message_class="transactional")
    assert perform(postgres, ["send_email"], everything_works) == 1
    audited = postgres.rows(
        "SELECT actor, action, reason FROM atlas.audit_log WHERE subject_id = %s AND organization_id = %s",
        key,
        ONE,
    )
    reason = (
        "Exempt as a transactional message from consent: withdrawn on 2026-03-02 (contacts.unsubscribed_at)."
    )
    assert audited == [("atlas worker", "send_transactional", reason)]


def test_a_zone_is_found_over_the_links_of_a_person(postgres: PostgresWorld) -> None:
    postgres.connection.execute(PEOPLE)
    policy(postgres, {"email": {"quiet_hours": "21:00-08:00"}})
    postgres.move_to(NIGHT)
    (key,) = intend(postgres, CONTACT)
    postgres.ledger.exchange((), {"send_email": 1})
    until, reason = postgres.aside(key)
    assert reason == "quiet_hours: 21:00-08:00 in Europe/Rome (their own)."
    assert until == MORNING - timedelta(hours=1)


def column(world: PostgresWorld, name: str) -> Any:
    return world.rows(f"SELECT {name} FROM public.contacts")[0][0]


def test_an_unsubscription_reaches_the_old_application_and_can_be_taken_back_there(
    postgres: PostgresWorld,
) -> None:
    postgres.connection.execute(PEOPLE)
    gone = Consent(ONE, LEAD, "all", granted=False, at=NOON)
    assert record_consent(postgres.connection, gone, by="link", reason="clicked unsubscribe") == 1
    assert column(postgres, "unsubscribed_at") == NOON
    (key,) = intend(postgres, CLIENT)
    assert postgres.ledger.exchange((), {"send_email": 1}) == []
    assert postgres.effects() == {key: "skipped"}
    (write,) = writes_about(postgres.connection, ONE, CONTACT)
    assert (write.column_name, write.value_before, write.written_by) == ("unsubscribed_at", None, "link")
    added = postgres.rows("SELECT atlas.record_legacy_consents('contacts')")
    assert added == [(1,)], "the opt-in to e-mail; what we wrote there ourselves is no news"
    undo_write(postgres.connection, ONE, write.id, by="ada", reason="a mistake")
    assert column(postgres, "unsubscribed_at") is None
    audited = postgres.rows("SELECT action FROM atlas.audit_log ORDER BY id")
    assert [action for (action,) in audited] == ["withdraw_consent", "undo_consent_write"]


def test_one_channel_is_withdrawn_and_granted_again(postgres: PostgresWorld) -> None:
    postgres.connection.execute(PEOPLE)
    for granted in (False, True):
        said = Consent(ONE, CONTACT, "sms", granted)
        assert record_consent(postgres.connection, said, by="ada", reason="by telephone") == 1
        assert column(postgres, "sms_opt_in") is granted
        state = postgres.rows("SELECT may_be_contacted FROM atlas.consent_states WHERE channel = 'sms'")
        assert state == [(granted,)]
    assert record_consent(postgres.connection, said, by="ada", reason="again") == 0


def test_what_the_old_application_has_changed_since_is_left(postgres: PostgresWorld) -> None:
    from atlas_workflows.errors import InputError

    postgres.connection.execute(PEOPLE)
    gone = Consent(ONE, CONTACT, "email", granted=False)
    record_consent(postgres.connection, gone, by="ada", reason="STOP")
    postgres.connection.execute("UPDATE public.contacts SET email_opt_in = true")
    (write,) = writes_about(postgres.connection, ONE, CONTACT)
    for number in (write.id, write.id + 1):
        with pytest.raises(InputError, match="has changed since"):
            undo_write(postgres.connection, ONE, number, by="ada", reason="x")
    assert column(postgres, "email_opt_in") is True


def test_people_of_another_organization_are_nobody_s_business(postgres: PostgresWorld) -> None:
    postgres.connection.execute(PEOPLE)
    other = "22222222-2222-4222-8222-222222222222"
    gone = Consent(other, LEAD, "all", granted=False)
    assert record_consent(postgres.connection, gone, by="ada", reason="x") == 0
    assert column(postgres, "unsubscribed_at") is None
    intend(postgres, LEAD)
    assert perform(postgres, ["send_email"], everything_works) == 1


def atlas(world: PostgresWorld, *words: str, given: str | None = None) -> str:
    done = run_atlas(*words, "--dsn", world.dsn, given=given)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_on_the_command_line(postgres: PostgresWorld) -> None:
    postgres.connection.execute(PEOPLE)
    signed = ("--organization", ONE, "--by", "ada", "--reason", "agreed with the gym")
    quiet = json.dumps({"email": {"quiet_hours": "21:00-08:00"}})
    assert atlas(postgres, "sending", "set", "-", *signed, given=quiet).startswith("Set. 0 held")
    shown = json.loads(atlas(postgres, "sending", "show", "--organization", ONE, "--json"))
    assert shown["policy"]["email"]["quiet_hours"] == "21:00-08:00"
    assert shown["set_by"] == "ada"
    postgres.move_to(NIGHT)
    keys = intend(postgres, CONTACT, "c2", "c2")
    atlas(postgres, "consent", "record", "c2", "--channel", "email", "--said", "withdrawn", *signed)
    postgres.ledger.exchange((), {"send_email": 8})
    (waits,) = json.loads(atlas(postgres, "effects", "held", "--json"))["held"]
    assert (waits["key"], waits["at"]) == (keys[0], "2026-03-03T07:00:00+00:00")
    assert "until 2026-03-03 07:00:00  send_email" in atlas(postgres, "effects", "held")
    told = atlas(postgres, "effects", "skipped", "--organization", ONE)
    assert told.count("consent: withdrawn") == 2
    assert "2 effects were skipped." in told
    assert "email: withdrawn" in atlas(postgres, "consent", "show", "c2", "--organization", ONE)
    postgres.connection.execute(
        "UPDATE atlas.effects SET held_until = now() + interval '1 day' WHERE status = 'held'"
    )
    assert atlas(postgres, "sending", "set", "-", *signed, given="{}").startswith("Set. 1 held")


class Box:
    """Counts mail by reader."""

    def __init__(self) -> None:
        self.taken: Counter[str] = Counter()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.taken.update(envelope.rcpt_tos)
        return "250 taken"


@pytest.fixture
def box() -> Iterator[tuple[Box, SendEmail]]:
    found, port = Box(), free_port()
    server = Controller(found, hostname="127.0.0.1", port=port)
    server.start()
    yield found, SendEmail(MailServer("127.0.0.1", port, "Gym <gym@example.com>"))
    server.stop()


def until(world: PostgresWorld, condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, world.effects()
        work(world)
        time.sleep(0.02)
    work(world)


def test_mail_is_held_capped_and_skipped_on_its_way_to_a_real_server(
    postgres: PostgresWorld, box: tuple[Box, SendEmail]
) -> None:
    sink, performer = box
    quiet = {"email": {"quiet_hours": "21:00-08:00", "per_day": {"low": 0, "normal": 1}}}
    postgres.know("asleep", quiet, zone="Europe/London")
    postgres.know("gone", quiet, zone="America/Los_Angeles", unsubscribed_at=NOON)
    postgres.know("awake", quiet, zone="America/Los_Angeles")
    postgres.move_to(NIGHT)
    keys = intend(postgres, "asleep", "gone", "awake", "awake")
    lane = EffectLane(postgres.ledger, {"send_email": performer}, lease=LEASE)
    stopping = threading.Event()
    thread = threading.Thread(target=lane.run, args=(stopping.is_set,))
    thread.start()
    try:
        until(postgres, lambda: sorted(postgres.effects().values()) == ["done", "held", "held", "skipped"])
        assert sink.taken == {"awake@example.com": 1}
        postgres.move_to(MORNING)
        until(postgres, lambda: postgres.effects()[keys[0]] == "done")
        assert sink.taken == {"awake@example.com": 1, "asleep@example.com": 1}
        postgres.move_to(NIGHT + timedelta(days=1))
        until(postgres, lambda: sorted(postgres.effects().values()) == ["done", "done", "done", "skipped"])
        assert sink.taken == {"awake@example.com": 2, "asleep@example.com": 1}
    finally:
        stopping.set()
        thread.join(30)
    work(postgres)
    ends = {postgres.end(key.partition("/")[0]) for key in keys}
    assert ends == {("completed", None)}


def test_an_execution_of_a_paused_workflow_is_told_when_it_goes_on(postgres: PostgresWorld) -> None:
    """Its mail was being sent as the workflow was paused, was not sent after all, and is skipped the next time."""
    (key,) = intend(postgres, "c1")
    (taken,) = postgres.ledger.exchange((), {"send_email": 1})
    postgres.connection.execute(
        "UPDATE atlas.workflow_execution_queue SET ready = false, waits_for = 'workflow_paused'"
    )
    postgres.know("c1", {}, unsubscribed_at=NOON)
    assert postgres.ledger.exchange([Finished(taken, NotSent())], {"send_email": 1}) == []
    assert postgres.effects() == {key: "skipped"}
    assert postgres.rows("SELECT ready, again FROM atlas.workflow_execution_queue") == [(False, True)]
