"""Whatever a live workflow would do otherwise than an old engine did is explained by a change that somebody has to sign."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from known_parts import known_workflow
from legacy_rows import edge, record, trigger_node

from atlas_workflows.legacy.engine.course import TOO_MANY
from atlas_workflows.legacy.engine.drawn import read_workflow
from atlas_workflows.legacy.engine.plan import plan
from atlas_workflows.legacy.engine.planned import Start
from atlas_workflows.legacy.engine.semantics import BY_NAME
from atlas_workflows.legacy.evidence.seen import Evidence, Seen
from atlas_workflows.legacy.records import LegacyWorkflow, SourceRow, Tenancy
from atlas_workflows.legacy.source.tables import READERS
from atlas_workflows.legacy.translate import translate_or_raise
from atlas_workflows.legacy.triggers.doors import door_of
from atlas_workflows.migration.shadow.history import BY_HAND, Recorded
from atlas_workflows.migration.shadow.judge import History, Sides, judge
from atlas_workflows.migration.shadow.people import contact_of
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.sample import shape_a, shape_b, shape_linear
from atlas_workflows.sample.organizations import make_organizations
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.sample.workflows import make_drafts

AT = datetime(2026, 3, 2, 10, tzinfo=UTC)
LEAD = contact_of({"id": "l1", "name": "Ana Kovač", "first_name": "Ana", "email": "ana@mail.example", "phone": "+447700900111",
                   "status": "new", "score": 40, "source": "web", "tags": ["a"]})  # fmt: skip
EVIDENCE = Evidence(Seen.FIRES, by_hand=True).to_row()
WRITERS = {"A": shape_a.workflow_row, "B": shape_b.workflow_row}
# Nothing to sign: one rule holds for every workflow, the other code says that the value is the same under a name.
RULES = {"PLACEHOLDER_LEFT_EMPTY", "SECRET_SEALED"}


def sample(shape: str, *, messy: bool) -> Iterator[tuple[LegacyWorkflow, Tenancy]]:
    """The workflows of a sample as their readers see them, each with a history that says it fires."""
    spec = make_spec(shape, "S", messy=messy, seed=3)
    spec = replace(spec, size=replace(spec.size, workflows=200 if messy else 60, executions=0))
    organizations = make_organizations(spec)
    tenancy = Tenancy(frozenset(str(each.id) for each in organizations))
    for draft in make_drafts(spec, organizations):
        cells = WRITERS.get(shape, shape_linear.workflow_row)(draft, spec)
        row = {
            name: {"t": "true", "f": "false"}.get(text or "", text) if name == "is_active" else text
            for name, text in cells.items()
        }
        yield READERS[shape].record(SourceRow("workflows", draft.id, row, {"evidence": (EVIDENCE,)})), tenancy


def unsigned(legacy: LegacyWorkflow, tenancy: Tenancy | None = None) -> list[str]:
    """The differences that nobody is asked about, under each engine that may have executed the workflow."""
    translation = translate_or_raise(legacy, tenancy, load_catalogue())
    if translation.workflow is None or translation.status != "active":
        return []
    signed = {str(found.code) for found in translation.changes} | RULES
    if "TRIGGER_CANNOT_FIRE" in signed:
        signed.add("TRIGGER_EDGES_ADDED")  # what every start failed at
    entries = [
        {"code": str(found.code), "field": found.field}
        for found in (*translation.reasons, *translation.changes)
    ]
    sides = Sides(read_workflow(legacy), translation.workflow, tuple(entries), {"name": "Harbour"})
    return [
        f"{engine}: {shown.change} at {shown.node}, {shown.codes}: {shown.before} / {shown.after}"
        for engine in (each.called for each in sides.engines)
        for shown in judge(sides, history_of(sides, engine), {"l1": LEAD}).differences
        if not signed & set(shown.codes)
    ]


def history_of(sides: Sides, engine: str) -> History:
    """One trigger of its own kind, and a history that only this engine reproduces."""
    starter = door_of(sides.old.column) or BY_HAND
    history = History(sides.old, sides.engines)
    history.take(Recorded("x1", "completed", AT, starter, {"leadId": "l1", "source": "web"}))
    history.reproduced[engine] = 1
    return history


@pytest.mark.parametrize(("shape", "messy"), [("A", True), ("B", True), ("D", True), ("A", False)])
def test_workflows_of_the_samples_differ_only_as_signed(shape: str, messy: bool) -> None:
    found = {
        legacy.columns["name"]: unsigned(legacy, tenancy) for legacy, tenancy in sample(shape, messy=messy)
    }
    assert len(found) > 50
    assert {name: told for name, told in found.items() if told} == {}


def test_workflows_of_known_parts_differ_only_as_signed() -> None:
    found = {seed: unsigned(known_workflow(seed)) for seed in range(400)}
    assert {seed: told for seed, told in found.items() if told} == {}


def test_they_are_not_all_held_back_anyhow() -> None:
    """So that the tests above do not pass on nothing: most of the workflows drawn would be live once signed."""
    live = [translate_or_raise(known_workflow(seed), None, load_catalogue()).status for seed in range(100)]
    assert live.count("active") > 40


def test_a_note_on_a_cycle_ends_the_engine_that_went_round_and_round() -> None:
    note = {"id": "n", "type": "note", "data": {"label": "n"}}
    legacy = record(nodes=[trigger_node(), note], edges=[edge("t", "n"), edge("n", "n")])
    assert plan(read_workflow(legacy), Start("x", AT), BY_NAME["formula"]).reason == TOO_MANY
