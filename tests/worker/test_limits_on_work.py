"""Limits: what is over one is queued with a reason and an instant, never dropped; others are not held up."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner
from workflows import line, node, setting
from world import NOON, ONE, TWO, PostgresWorld, perform, wish, work

from atlas_workflows.cli import limits
from atlas_workflows.errors import InputError
from atlas_workflows.store.history import read_story
from atlas_workflows.store.limits import Per, connector_limits, limit_connector, limit_starts, start_limits
from atlas_workflows.store.steering import By
from atlas_workflows.worker.limits import ConnectorLimit, after, places
from atlas_workflows.worker.model import Finished, Performed

ADA = By("ada", "the provider asks for it")


def test_starts_over_a_limit_are_queued_for_the_next_window_with_room(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(line("w", setting("a")))
    limit_starts(postgres.connection, ONE, workflow, Per.MINUTE, 2, ADA)
    limit_starts(postgres.connection, ONE, None, Per.HOUR, 5, ADA)
    begun = postgres.start(*(wish(workflow, f"c{i}") for i in range(7)))
    assert {each.answer for each in begun} == {"started"}
    now = postgres.rows("SELECT now()")[0][0]
    rows = postgres.rows(
        "SELECT ready, waits_for, due_at FROM atlas.workflow_execution_queue ORDER BY due_at NULLS FIRST"
    )
    at_once = [row for row in rows if row[0]]
    later = Counter(row[2] for row in rows if not row[0])
    assert 2 <= len(at_once) <= 2
    assert {row[1] for row in rows if not row[0]} == {"rate_limit"}
    assert all(at > now - timedelta(minutes=1) and at.second == 0 for at in later)
    assert max(later.values()) <= 2
    hours = Counter(at.replace(minute=0) for at in [*(row[2] for row in rows if row[2]), now, now])
    assert (
        max(Counter(at.replace(minute=0, second=0, microsecond=0) for at in hours.elements()).values()) <= 5
    )
    others = postgres.publish(line("w", setting("a")), TWO)
    (free,) = postgres.start(wish(others, organization=TWO))
    postgres.move_to(now)
    assert work(postgres) == 3
    assert postgres.end(free.execution) == ("completed", None)
    held = next(each for each in begun if postgres.end(each.execution) is None)
    assert read_story(postgres.connection, ONE, held.execution).execution.waits_for == "rate_limit"
    postgres.move_to(max(later))
    assert postgres.executions.promote() == 5
    assert work(postgres) == 5
    assert all(postgres.end(each.execution) == ("completed", None) for each in begun)


WINDOWS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_no_window_of_any_limit_is_overfilled(postgres: PostgresWorld) -> None:
    """Starts at odd times under three limits at once: each window holds at most what it may, in every order of filling."""
    workflow = postgres.publish(line("w", setting("a")))
    limits = {"minute": 3, "hour": 7, "day": 12}
    for per, limit in limits.items():
        limit_starts(postgres.connection, ONE, workflow if per == "hour" else None, Per(per), limit, ADA)
    begins: list[datetime] = []
    at = NOON.replace(hour=22, minute=58)
    for number in range(40):
        at += timedelta(seconds=(number * 37) % 200)
        slot = postgres.rows("SELECT atlas.take_start_slot(%s, %s, %s)", ONE, workflow, at)[0][0]
        assert slot is None or slot > at
        begins.append(slot or at)
    for per, limit in limits.items():
        filled = Counter((begin - EPOCH) // WINDOWS[per] for begin in begins)
        assert max(filled.values()) <= limit, per
    assert len(start_limits(postgres.connection, ONE)) == 3


def sends(world: PostgresWorld, organization: str, many: int) -> None:
    workflow = world.publish(line("w", node("n")), organization)
    world.start(*(wish(workflow, f"c{i}", organization=organization) for i in range(many)))
    work(world)


def test_no_more_at_once_than_the_limit_and_no_place_taken_from_others(postgres: PostgresWorld) -> None:
    sends(postgres, ONE, 10)
    sends(postgres, TWO, 10)
    limit_connector(postgres.connection, ONE, "add_note", ["add_note"], at_once=2, per_minute=None, by=ADA)
    first = postgres.ledger.exchange((), {"add_note": 8})
    assert Counter(each.organization for each in first) == {ONE: 2, TWO: 4}
    second = postgres.ledger.exchange((), {"add_note": 8})
    assert Counter(each.organization for each in second) == {TWO: 6}, "whoever is at the limit takes nothing"
    done = [Finished(each, Performed()) for each in first]
    assert Counter(each.organization for each in postgres.ledger.exchange(done, {"add_note": 8})) == {ONE: 2}
    assert Counter(postgres.effects().values())["intended"] == 6, "nothing is dropped"
    limit_connector(postgres.connection, ONE, "add_note", ["add_note"], at_once=None, per_minute=None, by=ADA)
    assert perform(postgres, ["add_note"], lambda _: Performed()) == 6


def test_what_the_send_policy_puts_aside_uses_up_no_limit(postgres: PostgresWorld) -> None:
    for place in range(20):
        postgres.know(f"c{place}", {}, **({} if place == 19 else {"unsubscribed_at": NOON}))
    mail = node("n", "send_email", subject="Hi", body="x")
    workflow = postgres.publish(line("w", mail))
    postgres.start(*(wish(workflow, f"c{place}") for place in range(20)))
    work(postgres)
    kinds = ["send_email"]
    limit_connector(postgres.connection, ONE, "send_email", kinds, at_once=None, per_minute=6, by=ADA)
    (sent,) = postgres.ledger.exchange((), {"send_email": 8})
    assert sent.subject == "c19", "those who unsubscribed are skipped, and the limit is left to who is not"
    assert Counter(postgres.effects().values()) == {"skipped": 19, "dispatching": 1}


def test_a_minute_holds_what_it_may(postgres: PostgresWorld) -> None:
    sends(postgres, ONE, 60)
    limit_connector(postgres.connection, ONE, "add_note", ["add_note"], at_once=None, per_minute=30, by=ADA)
    taken: list[datetime] = []
    for second in range(0, 120, 1):
        postgres.move_to(NOON + timedelta(seconds=second))
        taken += [NOON + timedelta(seconds=second)] * perform(
            postgres, ["add_note"], lambda _: Performed(), 50
        )
    assert len(taken) == 60, "nothing is dropped"
    for begin in taken:
        assert sum(begin <= at < begin + timedelta(minutes=1) for at in taken) <= 30 + 5
    (shown,) = connector_limits(postgres.connection, ONE)
    assert shown.per_minute == 30
    with pytest.raises(InputError, match="no_such"):
        limit_connector(postgres.connection, ONE, "no_such", ["add_note"], at_once=1, per_minute=None, by=ADA)


@given(
    per_minute=st.integers(1, 600),
    at_once=st.none() | st.integers(1, 50),
    pauses=st.lists(st.integers(0, 30), max_size=30),
)
def test_it_never_stands_still_and_never_passes_the_number(
    per_minute: int, at_once: int | None, pauses: list[int]
) -> None:
    now, next_at, taken = NOON, NOON - timedelta(days=1), []
    for pause in pauses:
        now += timedelta(seconds=pause)
        limit = ConnectorLimit(ONE, "send_email", at_once, per_minute, next_at, now)
        count = places(limit, 0)
        assert count <= (at_once or count)
        assert count > 0 or next_at > now, "whoever owes nothing may send"
        next_at = after(limit, count)
        taken += [now] * count
    for begin in taken:
        within = sum(begin <= at < begin + timedelta(minutes=1) for at in taken)
        assert within <= per_minute + max(1, per_minute // 6 + 1)
    assert places(ConnectorLimit(ONE, "x", 3, None, NOON, NOON), 5) == 0


def test_limits_are_audited(postgres: PostgresWorld) -> None:
    limit_starts(postgres.connection, ONE, None, Per.DAY, 9, ADA)
    limit_starts(postgres.connection, ONE, None, Per.DAY, None, ADA)
    audited: list[Any] = postgres.rows("SELECT action, actor FROM atlas.audit_log ORDER BY id")
    assert audited == [("set_start_limit", "ada"), ("clear_start_limit", "ada")]
    assert start_limits(postgres.connection, ONE) == []
    with pytest.raises(InputError, match="no such limit"):
        limit_starts(postgres.connection, ONE, None, Per.DAY, None, ADA)
    with pytest.raises(InputError, match="no such limit"):
        limit_connector(
            postgres.connection, ONE, "add_note", ["add_note"], at_once=None, per_minute=None, by=ADA
        )
    other = postgres.publish(line("w", setting("a")), TWO)
    with pytest.raises(InputError, match="no workflow"):
        limit_starts(postgres.connection, ONE, other, Per.DAY, 9, ADA)
    assert len(postgres.rows("SELECT FROM atlas.audit_log")) == 2, "what was refused changed nothing"


@pytest.mark.parametrize("said", [[], ["--limit", "5", "--clear"]])
def test_a_limit_that_is_not_said_is_refused(said: list[str]) -> None:
    words = ["starts", "--organization", ONE, "--per", "hour", "--by", "ada", "--reason", "why"]
    refused = CliRunner().invoke(limits.app, [*words, *said])
    assert refused.exit_code != 0
    assert "Say what the limit is." in f"{refused.output}{refused.exception}"
