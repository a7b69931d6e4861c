"""What tasks decide: scope and options from a form, shares of ranges, which failures are retried, what is shown."""

import pytest
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from hypothesis import given
from hypothesis import strategies as st

from atlas_workflows.errors import (
    AtlasError,
    DatabaseUnreachable,
    GateClosed,
    InputError,
    PermissionMissing,
    PhaseRefused,
)
from atlas_workflows.migration.movement.planning import RangeProgress
from atlas_workflows.migration.movement.ranges import Range
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.runs.outcome import exit_code
from atlas_workflows.migration.step import StepResult, StepStatus
from atlas_workflows.migration.steps import STEP_KINDS
from atlas_workflows.orchestration.backfill_tasks import shares
from atlas_workflows.orchestration.failures import clear_failures, require_passed
from atlas_workflows.orchestration.progress import describe, task_sink
from atlas_workflows.site import Progress


def _range(number: int, rows: int, done: int, finished: bool) -> RangeProgress:
    return RangeProgress(Range("workflows", number, None, None, rows), done, 0, finished)


plans = st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), max_size=20).map(
    lambda items: [_range(number, rows, 0, finished) for number, (rows, finished) in enumerate(items)]
)


@given(plans, st.integers(1, 8))
def test_every_unfinished_range_is_dealt_once(plan: list[RangeProgress], workers: int) -> None:
    dealt = shares(plan, workers)
    assert sorted(number for share in dealt for _, number in share) == [
        each.range.number for each in plan if not each.is_finished
    ]
    assert len(dealt) <= workers
    assert all(dealt)
    assert all([number for _, number in share] == sorted(number for _, number in share) for share in dealt)


def test_what_may_mend_itself_is_retried() -> None:
    with pytest.raises(AirflowException) as caught, clear_failures():
        raise DatabaseUnreachable("No connection.", remedy="Wait.")
    assert not isinstance(caught.value, AirflowFailException)
    assert str(caught.value) == "No connection. What next: Wait."


@pytest.mark.parametrize("kind", [PermissionMissing, GateClosed, PhaseRefused, InputError])
def test_what_cannot_mend_itself_fails_at_once(kind: type[AtlasError]) -> None:
    with pytest.raises(AirflowFailException, match=r"It is so\. What next: Do this\."), clear_failures():
        raise kind("It is so.", remedy="Do this.")


def test_a_failed_gate_fails_its_task_without_retries() -> None:
    with pytest.raises(AirflowFailException, match=r"3 rows differ\. What next: Look at them\."):
        require_passed(
            StepResult(StepStatus.FAILED, problem="3 rows differ.", remedy="Look at them."), "reconcile"
        )


@pytest.mark.parametrize("status", [StepStatus.PASSED, StepStatus.SKIPPED])
def test_a_passed_step_goes_on(status: StepStatus) -> None:
    assert require_passed(StepResult(status), "validate") is None


PHASE = Phase("p9_test", "A test", ("preflight", "expand", "backfill", "reconcile", "finish"), STEP_KINDS)
ALL = dict.fromkeys(PHASE.steps, "passed")


@pytest.mark.parametrize(
    ("steps", "quarantined", "code"),
    [
        (ALL, 0, 0),
        (ALL | {"preflight": "skipped"}, 2, 3),
        (ALL | {"reconcile": "failed"}, 2, 4),
        (ALL | {"preflight": "failed", "finish": None}, 0, 1),
        (ALL | {"expand": "waiting"}, 0, 1),
        (ALL | {"reconcile": None, "finish": None}, 0, 1),
        ({"preflight": "passed", "step_of_an_earlier_release": "failed"}, 0, 1),
    ],
)
def test_exit_code_of_a_run(steps: dict[str, str | None], quarantined: int, code: int) -> None:
    results = {kind: status and StepResult(StepStatus(status)) for kind, status in steps.items()}
    assert exit_code(PHASE, results, quarantined) == code


def test_progress_in_one_line() -> None:
    shown = describe(Progress("backfill", "workflows", 1_200, 5_000, 640.4, 95.2))
    assert shown == "backfill workflows, 1,200 of 5,000, 640/s, 0:01:35 to go"


def test_progress_is_shown_seldom_but_its_end_always() -> None:
    now = [0.0]
    pushed: list[object] = []
    sink = task_sink(lambda _key, value: pushed.append(value["done"]), clock=lambda: now[0])
    for done in range(11):
        sink(Progress("backfill", "workflows", done, 10))
        now[0] += 0.5
    assert pushed == [0, 4, 8, 10]
