"""The rooms of the package: those that run workflows must be held to the contract that keeps the old world out."""

import graphlib
import tomllib

import grimp

from atlas_workflows.settings import ROOT

# These import their own modules by name, to collect what each exports.
COLLECTORS = ("atlas_workflows.migration.phases", "atlas_workflows.migration.steps")
RUNTIME = {
    "analytics",
    "api",
    "engine",
    "gallery",
    "insights",
    "integrations",
    "monitoring",
    "performers",
    "recurring",
    "store",
    "worker",
}


def test_every_room_that_runs_workflows_is_held_to_the_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = [
        item for item in contracts if item["name"] == "what runs workflows never sees the old world"
    ]
    held = {name.removeprefix("atlas_workflows.") for name in contract["source_modules"]}
    rooms = {path.name for path in (ROOT / "src" / "atlas_workflows").iterdir() if path.is_dir()}
    assert {"api", "engine"} <= rooms & RUNTIME <= held


def test_no_module_imports_itself_over_others() -> None:
    """Imports inside functions count, and so do those by name: a circle behind either is one too."""
    graph = grimp.build_graph("atlas_workflows", exclude_type_checking_imports=True)
    imports = {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}
    for package in COLLECTORS:
        imports[package] |= graph.find_children(package)
    assert "atlas_workflows.migration.runs.run" in imports["atlas_workflows.migration.steps.rehearse"]
    assert imports["atlas_workflows.migration.phases"] >= {"atlas_workflows.migration.phases.p1_database"}
    list(graphlib.TopologicalSorter(imports).static_order())  # raises CycleError with the circle
