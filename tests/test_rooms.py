"""The rooms of the package: those that run workflows must be held to the contract that keeps the old world out."""

import tomllib

from atlas_workflows.settings import ROOT

RUNTIME = {
    "analytics",
    "api",
    "engine",
    "gallery",
    "insights",
    "integrations",
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
