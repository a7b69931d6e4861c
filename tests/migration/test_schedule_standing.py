"""What becomes of a schedule of the old application, and its instants before and after: pure, with the clock as an argument."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.assemble import stored_schedules
from atlas_workflows.legacy.graph.raw import raw_graph
from atlas_workflows.legacy.records import SourceRow
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.legacy.translate import translate_or_raise
from atlas_workflows.migration import advanced, steps
from atlas_workflows.migration.scheduling.fire_times import SHOWN, as_configured, fire_times
from atlas_workflows.migration.scheduling.standing import (
    ACTIVE,
    QUIET,
    ScheduleFacts,
    Standing,
    is_quiet,
    stand,
)
from atlas_workflows.migration.step import StepKinds
from atlas_workflows.sample import shape_a, shape_b, shape_linear
from atlas_workflows.sample.dirt.schedules import SCHEDULES
from atlas_workflows.sample.organizations import make_organizations
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.sample.workflows import make_drafts
from atlas_workflows.schedule.occurrences import Schedule
from atlas_workflows.schedule.spec import parse_spec

DAILY = {"cron": "0 9 * * *", "timezone": "Europe/London"}
SIGNED = frozenset({"NEVER_FIRED_IN_LEGACY"})
SINCE = datetime(2026, 3, 27, 12, 0, tzinfo=UTC)
OURS = ScheduleFacts(
    "o", "w", "t", owner="atlas_enhanced", status="active", is_listening=True, is_published_here=False,
    evidence="cannot_fire", has_fired=False, signed=SIGNED, schedule=DAILY,
)  # fmt: skip
THEIRS = replace(OURS, owner="legacy_app", is_listening=False, has_fired=True, evidence="fires")


@pytest.mark.parametrize(
    ("facts", "is_over", "standing"),
    [
        (OURS, False, Standing.WAKES_UP),
        (replace(OURS, signed=frozenset({"TRIGGER_CANNOT_FIRE"})), False, Standing.WAKES_UP),
        (replace(OURS, signed=frozenset({"WAIT_CAP_REMOVED"})), False, Standing.UNSIGNED),
        (replace(OURS, signed=frozenset()), True, Standing.UNSIGNED),
        (replace(OURS, evidence="fires", has_fired=True, signed=frozenset()), False, Standing.GOES_ON),
        # Another trigger of the workflow fired: its history is not the schedule's, whatever an earlier release noted.
        (replace(OURS, evidence="fires", signed=frozenset()), False, Standing.UNSIGNED),
        (OURS, True, Standing.OVER),
        (replace(OURS, is_published_here=True, signed=frozenset()), False, Standing.FIRES_HERE),
        (replace(OURS, status="paused"), False, Standing.OFF),
        (replace(OURS, is_listening=False), False, Standing.OFF),
        (replace(OURS, schedule={**DAILY, "enabled": False}), False, Standing.OFF),
        (replace(OURS, schedule=None), True, Standing.UNREADABLE),
        (replace(OURS, owner="atlas_legacy"), False, Standing.ELSEWHERE),
        (replace(THEIRS, may_come=""), False, Standing.COMES_OVER),
        (replace(THEIRS, may_come="", has_fired=False, signed=frozenset()), False, Standing.ELSEWHERE),
        (replace(THEIRS, may_come="Not signed."), False, Standing.ELSEWHERE),
        (THEIRS, False, Standing.ELSEWHERE),
    ],
)
def test_each_schedule_has_one_standing(facts: ScheduleFacts, is_over: bool, standing: Standing) -> None:
    verdict = stand(facts, is_over=is_over)
    assert verdict.standing is standing
    assert verdict.why == (facts.may_come or standing.sentence)


def test_nothing_begins_that_neither_fired_nor_was_signed() -> None:
    for owner, listening, fired, signed in product(
        ("legacy_app", "atlas_legacy", "atlas_enhanced"),
        (True, False),
        (True, False),
        (SIGNED, frozenset()),
    ):
        facts = replace(OURS, owner=owner, is_listening=listening, has_fired=fired, signed=signed)
        if stand(facts, is_over=False).standing in ACTIVE:
            assert fired or signed
            assert owner == "atlas_enhanced"


def test_an_owner_changes_only_far_from_every_instant() -> None:
    nine = datetime(2026, 6, 10, 8, 0, tzinfo=UTC)
    daily, often = (Schedule(parse_spec({**DAILY, "cron": cron})) for cron in ("0 9 * * *", "* * * * *"))
    near = [
        timedelta(),
        -QUIET,
        QUIET,
        timedelta(seconds=1) - QUIET,
    ]
    assert not any(is_quiet([daily], nine + away) for away in near)
    far = QUIET + timedelta(seconds=1)
    assert is_quiet([daily], nine + far)
    assert is_quiet([daily], nine - far)
    assert not is_quiet([daily, often], nine + far)
    assert is_quiet([], nine)


@pytest.mark.parametrize("form", SCHEDULES)
def test_every_form_of_the_old_application_has_ten_instants_or_says_why(form: str) -> None:
    stored: dict[str, Any] = dict(SCHEDULES[form][0])
    stored = {key: "Europe/London" if value == "%ZONE%" else value for key, value in stored.items()}
    found = as_configured(stored, "w", SINCE)
    assert found.words
    assert len(found.at) == len({*found.at}) <= SHOWN
    assert found.at or form == "cron_nonsense"
    assert (found.timezone is None) == (form == "cron_nonsense")
    assert all(datetime.fromisoformat(at) >= SINCE for at in found.at)


def test_before_is_told_by_the_zone_that_is_stored_and_after_by_the_one_that_counts() -> None:
    stored = {"cronExpression": "0 9 * * *", "timezone": "America/New_York"}
    before, after = as_configured(stored, "w", SINCE), fire_times(DAILY, "w", SINCE)
    assert (before.timezone, after.timezone) == ("America/New_York", "Europe/London")
    # The clock changes in between: nine o'clock stays nine o'clock.
    assert [at[11:] for at in after.at[:3]] == ["09:00:00+00:00", "09:00:00+01:00", "09:00:00+01:00"]
    assert before.at[0] == "2026-03-27T09:00:00-04:00"
    assert as_configured({"cron": "0 9 * * *"}, "w", SINCE).timezone == "UTC"
    assert after.words == "At 09:00 every day (Europe/London)."


@pytest.mark.parametrize("shape", ["A", "B", "C", "D", "F"])
def test_the_stored_settings_of_every_schedule_are_found_in_every_shape(shape: str) -> None:
    spec = make_spec(shape, "S", messy=True, seed=3)
    drafts = [
        each for each in make_drafts(spec, make_organizations(spec)) if each.trigger_type == "scheduled"
    ]
    write = {"A": shape_a, "B": shape_b}.get(shape, shape_linear).workflow_row
    assert len(drafts) > 10
    for draft in drafts:
        columns = dict(write(draft, spec))
        record = READERS[shape].record(SourceRow("workflows", draft.id, columns, {}))
        translated = translate_or_raise(record).workflow
        assert translated is not None
        keys = {trigger.id for trigger in translated.triggers if trigger.type == "schedule"}
        stored = stored_schedules(record, raw_graph(record, Findings("workflows", draft.id)))
        assert keys == stored.keys() != set()
        assert all(as_configured(found, draft.id, SINCE).words for found in stored.values())


def test_what_cannot_be_read_has_no_instants_and_says_so() -> None:
    nowhere = fire_times({**DAILY, "timezone": "Mars/Base"}, "w", SINCE)
    assert (nowhere.at, nowhere.timezone) == ((), "Mars/Base")
    assert nowhere.words.startswith("It does not fire: timezone: 'Mars/Base' is not a zone")
    assert fire_times(None, "w", SINCE).words == "It cannot be read."
    assert as_configured(None, "w", SINCE).words == "Its legacy row is gone."


def test_a_step_group_is_one_file() -> None:
    plans, groups = StepKinds(advanced, "plan"), StepKinds(advanced)
    assert {name.removeprefix("plan_") for name in plans} == set(groups)
    for name, kind in [*plans.items(), *groups.items()]:
        assert kind.name == name
    for group in groups:
        assert f"plan_{group}" in groups[group].after
    with pytest.raises(KeyError):
        plans["plan_nothing"]
    with pytest.raises(ConfigurationError, match=r"scheduling exports a step kind called 'plan_scheduling'"):
        _Wrong(advanced)["scheduling"]
    assert not set(groups) & set(StepKinds(steps))
    assert set(plans | groups) == {*plans, *groups}


class _Wrong(StepKinds):
    """A package whose files are called otherwise than their kinds."""

    def __init__(self, package: Any) -> None:
        super().__init__(package)
        self._places = {name: (module, "PLAN") for name, (module, _) in self._places.items()}
