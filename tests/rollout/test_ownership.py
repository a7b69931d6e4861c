"""Who executes what after a cutover: every combination has one owner who can execute it, and nothing wakes up unsigned."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.legacy.evidence.verdicts import EvidenceClass
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.rollout.guardrails import Limits, Measured, crossed
from atlas_workflows.rollout.ownership import (
    WAKING,
    Cause,
    Decision,
    Owner,
    Parity,
    Rules,
    TriggerFacts,
    WorkflowFacts,
    decide,
    decide_all,
)

LEAD = TriggerFacts("t1", "lead_created", "fires")
SCORE = TriggerFacts("t2", "lead_score_changed", "cannot_fire")
QUIET_FORM = TriggerFacts("t3", "form_submitted", "silent")
NEVER_SEEN = TriggerFacts("t4", "lead_updated", "unknown")
BY_HAND = TriggerFacts("t5", "manual", "unknown")
LIVE = WorkflowFacts("w", "o", Owner.LEGACY_APP, "active", is_on_there=True, triggers=(LEAD,))
PLAIN, WITH_EXECUTOR = Rules(), Rules(has_legacy_executor=True)


def test_a_live_signed_workflow_without_errors_comes_to_us() -> None:
    assert decide(LIVE, PLAIN) == Decision("w", Owner.ATLAS_ENHANCED, Cause.READY)


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (replace(LIVE, awaits_sign_off=True, status="paused"), Cause.UNSIGNED),
        (replace(LIVE, status="paused"), Cause.OFF_HERE),
        (replace(LIVE, errors=("UNKNOWN_TYPE",)), Cause.UNSUPPORTED),
        (replace(LIVE, parity=Parity.UNEXPLAINED), Cause.UNEXPLAINED),
    ],
)
def test_what_cannot_come_stays_where_it_is_executed(facts: WorkflowFacts, cause: Cause) -> None:
    assert decide(facts, PLAIN) == Decision("w", Owner.LEGACY_APP, cause)
    assert decide(facts, WITH_EXECUTOR) == Decision("w", Owner.ATLAS_LEGACY, cause)


def test_what_the_old_application_fires_by_the_clock_stays_until_schedules_fire_here() -> None:
    clocked = replace(LIVE, fires_by_clock=True)
    for rules in (PLAIN, WITH_EXECUTOR):
        assert decide(clocked, rules) == Decision("w", Owner.LEGACY_APP, Cause.FIRES_BY_CLOCK)
    unsigned = replace(clocked, awaits_sign_off=True)
    assert decide(unsigned, WITH_EXECUTOR) == Decision("w", Owner.LEGACY_APP, Cause.UNSIGNED)
    # Who took it over before left the schedule with nobody; whoever executes it now may go on.
    ours = replace(clocked, owner=Owner.ATLAS_LEGACY)
    assert decide(ours, PLAIN).owner is Owner.ATLAS_ENHANCED


def test_a_row_that_changed_meanwhile_waits_whoever_could_execute_it() -> None:
    moved = replace(LIVE, is_settled=False)
    assert decide(moved, WITH_EXECUTOR) == Decision("w", Owner.LEGACY_APP, Cause.CHANGED_MEANWHILE)


def test_parity_is_asked_for_where_the_rules_say_so() -> None:
    strict = Rules(needs_parity=True)
    assert decide(LIVE, strict).cause is Cause.NOT_COMPARED
    assert decide(replace(LIVE, parity=Parity.EXPLAINED), strict).owner is Owner.ATLAS_ENHANCED
    off = replace(LIVE, status="draft", is_on_there=False)
    assert decide(off, strict).owner is Owner.ATLAS_ENHANCED


def test_triggers_that_never_fired_sleep_until_somebody_signs() -> None:
    facts = replace(LIVE, triggers=(LEAD, SCORE, QUIET_FORM, NEVER_SEEN, BY_HAND))
    assert decide(facts, PLAIN).asleep == ("t2", "t3", "t4")
    some = frozenset({"NEVER_FIRED_IN_LEGACY", "TRIGGER_WAS_SILENT", "WAIT_CUT_AT_5_MINUTES"})
    assert decide(replace(facts, signed=some), PLAIN).asleep == ("t4",)
    assert decide(replace(facts, signed=some | {"TRIGGER_NEVER_SEEN"}), PLAIN).asleep == ()


def test_the_codes_that_wake_a_trigger_are_codes_of_translation() -> None:
    assert {code for codes in WAKING.values() for code in codes} <= {str(code) for code in ReasonCode}
    assert {str(item) for item in EvidenceClass} == {*WAKING, "fires"}


def test_what_is_ours_stays_ours() -> None:
    for owner in (Owner.ATLAS_LEGACY, Owner.ATLAS_ENHANCED):
        assert decide(replace(LIVE, owner=owner, awaits_sign_off=True), PLAIN) == Decision(
            "w", owner, Cause.OURS_ALREADY
        )


def test_what_cannot_be_done_as_it_was_stays_and_says_why() -> None:
    facts = replace(LIVE, status="paused", awaits_sign_off=True, old_obstacle="It holds a secret in clear.")
    decision = decide(facts, WITH_EXECUTOR)
    assert (decision.owner, decision.cause) == (Owner.LEGACY_APP, Cause.UNSIGNED)
    assert decision.sentence.endswith("With the old meaning: It holds a secret in clear.")
    assert decide(replace(facts, old_obstacle=None), WITH_EXECUTOR).sentence.endswith("with the old meaning.")


def test_what_has_become_ready_goes_on_with_the_new_meaning() -> None:
    facts = replace(LIVE, owner=Owner.ATLAS_LEGACY)
    for rules in (PLAIN, WITH_EXECUTOR):
        assert decide(facts, rules) == Decision("w", Owner.ATLAS_ENHANCED, Cause.READY)
        unsettled = replace(facts, is_settled=False)
        assert decide(unsettled, rules) == Decision("w", Owner.ATLAS_LEGACY, Cause.OURS_ALREADY)


FACTS = st.builds(
    WorkflowFacts,
    workflow=st.just("w"),
    organization=st.just("o"),
    owner=st.sampled_from(Owner),
    status=st.sampled_from(["draft", "active", "paused", "archived"]),
    is_on_there=st.booleans(),
    awaits_sign_off=st.booleans(),
    is_settled=st.booleans(),
    errors=st.sampled_from([(), ("X",)]),
    parity=st.sampled_from(Parity),
    triggers=st.lists(st.sampled_from([LEAD, SCORE, QUIET_FORM, BY_HAND]), unique=True).map(tuple),
    old_obstacle=st.none() | st.just("X"),
)
RULES = st.builds(Rules, needs_parity=st.booleans(), has_legacy_executor=st.booleans())


@given(FACTS, RULES)
def test_whatever_the_facts_what_was_executed_still_is(facts: WorkflowFacts, rules: Rules) -> None:
    [decision] = decide_all([facts], rules)
    if decision.cause is Cause.OURS_ALREADY:
        assert decision.owner is facts.owner
        return
    if decision.owner is Owner.ATLAS_ENHANCED:
        assert not facts.awaits_sign_off
        assert facts.parity is not Parity.UNEXPLAINED
        # What the old application executes is on here too, so that it is executed by somebody.
        assert facts.status == "active" or not facts.is_on_there
        assert facts.status != "active" or not facts.errors
    if decision.owner is Owner.ATLAS_LEGACY:
        assert rules.has_legacy_executor
        assert facts.is_on_there
        assert facts.old_obstacle is None
    assert decision.cause.sentence


QUIET = Measured(ended=100, failed=1, messages=50, unsubscribed=0, latency=timedelta(seconds=1))


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (replace(QUIET, failed=6), "6 of 100 executions failed"),
        (replace(QUIET, unsubscribed=2), "2 unsubscribed after 50 messages"),
        (replace(QUIET, latency=timedelta(minutes=1)), "wait 60 s for their first step"),
        (replace(QUIET, latency=None, waiting=timedelta(minutes=2)), "wait 120 s"),
        (replace(QUIET, on_in_both=("w1",)), "1 workflows .* switched on in the old application again"),
    ],
)
def test_a_guardrail_that_is_crossed_says_by_how_much(measured: Measured, said: str) -> None:

    [sentence] = crossed(measured, 0.0, Limits())
    assert re.search(said, sentence)


def test_a_quiet_rollout_a_small_sample_and_an_old_habit_cross_nothing() -> None:
    assert crossed(QUIET, 0.0, Limits()) == ()
    assert crossed(Measured(ended=2, failed=2, messages=3, unsubscribed=3), 0.0, Limits()) == ()
    assert crossed(replace(QUIET, failed=15), 0.10, Limits()) == ()
    assert len(crossed(replace(QUIET, failed=25), 0.10, Limits())) == 1
    assert crossed(Measured(), 0.0, Limits()) == ()
