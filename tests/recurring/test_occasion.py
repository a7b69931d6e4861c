"""Whether an occurrence may still start, decided without a clock."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from atlas_workflows.recurring.entry import Entry, entry_of
from atlas_workflows.recurring.occasion import (
    Cause,
    Occasion,
    decide,
    decide_buffered,
    due_occasion,
    occasion_by_hand,
)

DUE = datetime(2026, 6, 10, 9, tzinfo=UTC)
OPEN = {day: ["09:00-17:00"] for day in ("mon", "tue", "wed", "thu", "fri")}


def entry(**schedule: Any) -> Entry:
    given: dict[str, Any] = {"cron": "0 9 * * *", "timezone": "UTC", **schedule}
    return entry_of(
        organization="o", organization_name="O", workflow="w", name="W", version=1, trigger="t", published_at=DUE,
        active_since=DUE, schedule=given, year=2026,
    )  # fmt: skip


def why(after: timedelta, schedule: dict[str, Any], occasion: Occasion | None = None) -> str:
    return decide(entry(**schedule), occasion or due_occasion(DUE), (), DUE + after).why


@pytest.mark.parametrize(
    ("after", "schedule", "said"),
    [
        (timedelta(), {}, ""),
        (timedelta(minutes=4), {}, ""),
        (timedelta(minutes=6), {}, "catch-up none"),
        (timedelta(hours=6), {"catch_up": {"mode": "latest"}}, ""),
        (timedelta(hours=25), {"catch_up": {"mode": "latest", "window_seconds": 7 * 86_400}}, "catch-up latest"),
        (timedelta(hours=25), {"catch_up": {"mode": "all", "window_seconds": 7 * 86_400}}, ""),
        (timedelta(days=8), {"catch_up": {"mode": "all", "window_seconds": 7 * 86_400}}, "catch-up all"),
        (timedelta(hours=9), {"catch_up": {"mode": "all"}, "business_hours": OPEN}, r"closed \(business_hours\)"),
        (timedelta(hours=7), {"catch_up": {"mode": "all"}, "business_hours": OPEN}, ""),
        (timedelta(), {"enabled": False}, "switched off"),
    ],
)  # fmt: skip
def test_a_late_one_starts_as_its_policy_says(after: timedelta, schedule: dict[str, Any], said: str) -> None:
    assert re.search(said, why(after, schedule)) if said else why(after, schedule) == ""


def test_what_somebody_asks_for_is_never_too_late() -> None:
    week = timedelta(days=7)
    assert why(week, {}, due_occasion(DUE, Cause.BACKFILL)) == ""
    assert why(week, {"business_hours": OPEN}, occasion_by_hand("manual__x", DUE)) == ""


@pytest.mark.parametrize(
    ("overlap", "may", "cancels"), [("skip", False, ()), ("allow", True, ()), ("cancel_other", True, ("a", "b"))]
)  # fmt: skip
def test_one_that_comes_while_others_execute(overlap: str, may: bool, cancels: tuple[str, ...]) -> None:
    verdict = decide(entry(overlap=overlap), due_occasion(DUE), ("a", "b"), DUE)
    assert (verdict.may_start, verdict.cancels) == (may, cancels)
    assert bool(verdict.why) is not may
    assert decide(entry(overlap=overlap), due_occasion(DUE), (), DUE).cancels == ()


def test_one_waits_its_turn_and_no_second_one() -> None:
    given = entry(overlap="buffer_one")
    first = decide(given, due_occasion(DUE), ("a",), DUE)
    assert (first.may_start, first.waits) == (False, True)
    second = decide(given, due_occasion(DUE), ("a",), DUE, buffered=1)
    assert (second.may_start, second.waits) == (False, False)
    assert second.why == "1 executions of earlier occurrences are under way, and another one waits its turn."
    assert decide(given, due_occasion(DUE), (), DUE).may_start


@pytest.mark.parametrize(
    ("schedule", "under_way", "after", "may", "waits", "said"),
    [
        ({}, 0, timedelta(days=40), True, False, ""),
        ({}, 1, timedelta(), False, True, "1 executions"),
        ({"business_hours": OPEN}, 0, timedelta(hours=12), False, True, "closed"),
        ({"enabled": False}, 0, timedelta(), False, False, "switched off"),
    ],
)
def test_when_its_turn_has_come(
    schedule: dict[str, Any], under_way: int, after: timedelta, may: bool, waits: bool, said: str
) -> None:
    found = decide_buffered(entry(**schedule), due_occasion(DUE), under_way, DUE + after)
    assert (found.may_start, found.waits, said in found.why) == (may, waits, True)


def test_its_turn_is_lost_with_the_version_that_it_came_from() -> None:
    assert not decide_buffered(None, due_occasion(DUE), 0, DUE).waits
    earlier = due_occasion(DUE - timedelta(days=1))
    assert "not published" in decide_buffered(entry(), earlier, 0, DUE).why
    assert decide_buffered(entry(), occasion_by_hand("r", earlier.due), 0, DUE).may_start


def test_a_workflow_that_is_gone_starts_nothing() -> None:
    assert "not published" in decide(None, due_occasion(DUE), (), DUE).why


def test_the_key_is_the_due_instant_whoever_asks_for_it() -> None:
    assert due_occasion(DUE).key == due_occasion(DUE, Cause.BACKFILL).key == "2026-06-10T09:00:00Z"
    assert occasion_by_hand("manual__x", DUE).key == "manual:manual__x"
