"""All phases and step kinds: what they declare agrees with the files there are, and what cannot be is refused by name."""

import json
import re
from collections import ChainMap
from dataclasses import replace
from pathlib import Path

import pytest
from second_phase import MARKING, second_phase

from atlas_workflows.errors import ConfigurationError, InputError
from atlas_workflows.migration import phases, steps
from atlas_workflows.migration.advanced import GROUPS, PLANS
from atlas_workflows.migration.phase import Phase, in_order
from atlas_workflows.migration.phases import all_phases, phase_named
from atlas_workflows.migration.runs.run import may_continue
from atlas_workflows.migration.step import ReadsOnly, Skips, StepKind
from atlas_workflows.migration.steps import STEP_KINDS
from atlas_workflows.migration.undo import NothingToUndo, Undo
from atlas_workflows.recurring.audience import check as audience_check
from atlas_workflows.settings import ROOT

MIGRATION = ROOT / "src" / "atlas_workflows" / "migration"
SQL = ROOT / "include" / "sql"
EXPECTATIONS = ROOT / "expectations"
FIRST = phase_named("p1")
# Its suite looks at frames that the step makes; all others look at queries.
MAKES_FRAMES = {"inspect"}
# Left out of a dry run, and yet nothing of theirs has to go: each says why in its NothingToUndo.
LEAVES_NOTHING = {"approve", "backup", "rehearse", "reconcile", "validate", "watch"}
SENTENCE = re.compile(r"[a-z].{10,}[^.]", re.DOTALL)


def modules(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def declared_suites() -> set[str]:
    return {suite for phase in all_phases() for suite in phase.suites} | {audience_check.SUITE}


@pytest.mark.parametrize(
    "kind", [*STEP_KINDS.values(), *PLANS.values(), *GROUPS.values()], ids=lambda kind: kind.name
)
def test_every_step_kind_says_how_it_is_taken_back_and_what_a_dry_run_does(kind: StepKind) -> None:
    assert isinstance(kind.undo, Undo | NothingToUndo)
    assert isinstance(kind.dry_run, ReadsOnly | Skips)
    if isinstance(kind.undo, NothingToUndo):
        assert SENTENCE.fullmatch(kind.undo.why)
    assert SENTENCE.fullmatch(kind.dry_run.why if isinstance(kind.dry_run, Skips) else kind.dry_run.what)
    assert set(kind.after) <= {*STEP_KINDS, *PLANS}


def test_no_step_kind_is_left_over_and_none_is_missing() -> None:
    used = {step for phase in all_phases() for step in phase.steps}
    assert used == {*STEP_KINDS, *PLANS, *GROUPS}
    assert set(STEP_KINDS) == modules(MIGRATION / "steps")
    assert set(GROUPS) == modules(MIGRATION / "advanced")
    assert steps.__path__


def test_every_phase_is_a_file_and_has_its_place() -> None:
    assert {phase.name for phase in all_phases()} == modules(MIGRATION / "phases")
    for number, phase in enumerate(all_phases(), start=1):
        assert phase.order == number
        assert phase.kinds
    # The third is still to come, and goes between.
    assert [phase.alias for phase in all_phases()] == ["p1", "p2", "p4"]
    assert all_phases()[0].is_first
    assert phases.__path__


@pytest.mark.parametrize("phase", all_phases(), ids=lambda phase: phase.name)
def test_a_phase_has_a_gate_and_takes_back_what_it_writes(phase: Phase) -> None:
    kinds = phase.kinds
    gates = [kind.name for kind in kinds if kind.is_gate]
    assert gates
    assert all(phase.steps.index(gate) < phase.steps.index("finish") for gate in gates)
    undone = {kind.name for kind in kinds if isinstance(kind.undo, Undo)}
    written = {
        kind.name for kind in kinds if isinstance(kind.dry_run, Skips) and kind.name not in LEAVES_NOTHING
    }
    assert written <= undone


def test_suites_are_declared_and_those_declared_exist() -> None:
    assert {path.stem for path in EXPECTATIONS.glob("*.json")} == declared_suites()


@pytest.mark.parametrize("phase", all_phases(), ids=lambda phase: phase.name)
def test_every_batch_of_a_suite_has_its_query(phase: Phase) -> None:
    for kind in (kind for kind in phase.kinds if kind.suite):
        suite = f"{phase.name}_{kind.suite}"
        batches = {
            batch["name"] for batch in json.loads((EXPECTATIONS / f"{suite}.json").read_text())["batches"]
        }
        queries = {path.stem for path in (SQL / "validation" / suite).glob("*.sql")}
        assert queries == (set() if kind.name in MAKES_FRAMES else batches), suite


def test_every_batch_of_the_audiences_suite_has_its_query() -> None:
    text = (EXPECTATIONS / f"{audience_check.SUITE}.json").read_text()
    queries = {path.stem for path in (SQL / "validation" / audience_check.SUITE).glob("*.sql")}
    assert queries == {batch["name"] for batch in json.loads(text)["batches"]}


def test_sql_folders_belong_to_a_suite_a_phase_or_a_room() -> None:
    assert {path.name for path in (SQL / "validation").iterdir()} <= declared_suites()
    rooms = {path.name for path in MIGRATION.iterdir()} | {path.stem for path in MIGRATION.glob("*.py")}
    named = {phase.name for phase in all_phases()}
    assert {path.name for path in (SQL / "migration").iterdir()} <= rooms | named


@pytest.mark.parametrize(
    ("steps_", "message"),
    [
        (("expand", "backfil", "finish"), "a step 'backfil', and there is no such kind"),
        (("expand", "expand", "finish"), "the step 'expand' more than once"),
        (("finish", "expand"), "does not end with 'finish'"),
        ((), "does not end with 'finish'"),
    ],
)
def test_a_phase_that_cannot_be_is_refused_when_it_is_made(steps_: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Phase p9_wrong .*{message}"):
        Phase("p9_wrong", "Wrong", steps_, STEP_KINDS)


@pytest.mark.parametrize(
    ("early", "missing"), [("backfill", "expand"), ("rehearse", "backup"), ("reconcile", "backfill")]
)
def test_a_step_before_what_it_builds_on_is_refused(early: str, missing: str) -> None:
    for order in ((early, "finish"), (early, *STEP_KINDS[missing].after, missing, "finish")):
        with pytest.raises(ConfigurationError, match=f"the step '{early}' without '{missing}' before it"):
            _ = Phase("p9_wrong", "Wrong", order, STEP_KINDS).kinds


def test_phases_come_in_the_order_in_which_they_stand_on_each_other() -> None:
    second = second_phase()
    tenth = replace(second, name="p10_last", requires=(second,))
    given = {phase.name: phase for phase in (tenth, second, FIRST)}
    assert in_order(given) == (FIRST, second, tenth)
    assert [phase.name for phase in tenth.earlier] == ["p1_database", "p2_core"]


def test_phases_that_have_no_place_are_refused_by_name() -> None:
    second = second_phase()
    with pytest.raises(ConfigurationError, match="p2_core requires 'p1_database', which no file"):
        in_order({"p2_core": second})
    with pytest.raises(ConfigurationError, match="p3_other does not require the one before it"):
        in_order({"p1_database": FIRST, "p2_core": second, "p3_other": replace(second, name="p3_other")})
    with pytest.raises(ConfigurationError, match="does not require the one before it"):
        in_order({"p1_database": FIRST, "p2_core": replace(second, requires=())})
    with pytest.raises(ConfigurationError, match=r"p2\.py exports a phase called 'p2_core'"):
        in_order({"p1_database": FIRST, "p2": second})


def test_a_phase_that_does_not_exist_is_named() -> None:
    with pytest.raises(InputError, match="no phase called 'p9'"):
        phase_named("p9")
    assert phase_named("p1_database") is phase_named("p1")


def test_a_kind_is_found_under_the_name_of_its_file_only() -> None:
    with pytest.raises(KeyError):
        STEP_KINDS["rollback"]
    assert STEP_KINDS["approve"].name == "approve"
    assert "rollback" not in STEP_KINDS


def test_what_failed_is_continued_where_the_step_says_so() -> None:
    assert [kind.name for kind in FIRST.kinds if may_continue(FIRST, kind.name)] == [
        "preflight", "backup", "rehearse", "expand", "evidence", "inspect", "backfill",
    ]  # fmt: skip
    assert not may_continue(FIRST, None)
    assert not may_continue(FIRST, "forgotten")
    assert may_continue(second_phase("mark", "finish"), "mark")


def test_a_gate_ends_a_run_with_four() -> None:
    codes = {kind.name: kind.failure_exit for kind in FIRST.kinds}
    assert {name for name, code in codes.items() if code == 4} == {
        "inspect",
        "validate",
        "reconcile",
        "approve",
    }
    assert set(codes.values()) == {1, 4}


def test_a_plug_in_kind_stands_beside_those_of_the_package() -> None:
    phase = second_phase("mark", "finish")
    assert [kind.name for kind in phase.kinds] == ["mark", "finish"]
    assert isinstance(phase.registry, ChainMap)
    assert phase.kinds[0] is MARKING
