"""`atlas workflow export`: translated workflows of the sample become files, and those are executed from the command line."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from typer.testing import CliRunner

from atlas_workflows.cli.workflow import app
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import InputError

CONTACT = {"id": "c1", "first_name": "Ana", "email": "ana@example.org", "status": "new", "score": 55}
NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def sample(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    dsn = clone_sample(pg_server, "A", workflows=60, executions=50)
    migrate(dsn, tmp_path_factory.mktemp("home"))
    return dsn


def run(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(each) for each in arguments])


def test_translated_workflows_can_be_executed_from_the_command_line(sample: str, tmp_path: Path) -> None:
    folder, data = tmp_path / "workflows", tmp_path / "data.json"
    data.write_text(json.dumps({"contact": CONTACT, "organization": {"name": "Harbour Gym"}}))
    said = run("export", folder, "--dsn", sample)
    assert said.exit_code == 0, said.output
    stored = {
        row[0]: row[1] for row in fetch(sample, "SELECT id::text, definition::text FROM atlas.workflows")
    }
    assert {file.stem: file.read_text().strip() for file in folder.iterdir()} == stored
    outcomes: Counter[str] = Counter()
    for file in folder.iterdir():
        if run("validate", file, "--json").exit_code == 0:
            shown = run("execute", file, "--input", data, "--at", "2026-03-27T09:00", "--workflows", folder)
            assert shown.exit_code == 0, (file, shown.exception)
            outcomes[shown.stdout.splitlines()[-1].split()[0]] += 1
    assert outcomes["completed"] > 30
    assert "failed" not in outcomes


def test_some_can_be_named(sample: str, tmp_path: Path) -> None:
    [(workflow, organization)] = fetch(
        sample, "SELECT id::text, organization_id::text FROM atlas.workflows ORDER BY id LIMIT 1"
    )
    [(count,)] = fetch(
        sample, f"SELECT count(*) FROM atlas.workflows WHERE organization_id = '{organization}'"
    )
    assert f"1 workflow in {tmp_path}" in run("export", tmp_path, workflow, "--dsn", sample).stdout
    assert [file.stem for file in tmp_path.iterdir()] == [workflow]
    run("export", tmp_path / "own", "--organization", organization, "--dsn", sample)
    assert len(list((tmp_path / "own").iterdir())) == count


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([NOBODY], "No such workflow"),
        (["welcome"], "'welcome' is no id"),
        (["--organization", "gym"], "'gym' is no id"),
        (["--organization", NOBODY], "No such workflow"),
    ],
)
def test_what_cannot_be_exported_is_named(sample: str, tmp_path: Path, more: list[str], said: str) -> None:
    refused = run("export", tmp_path, *more, "--dsn", sample).exception
    assert isinstance(refused, InputError)
    assert said in str(refused)


def test_a_folder_that_is_a_file_and_a_database_without_our_schema_are_refused(
    sample: str, tmp_path: Path, dsn: str
) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be written to" in str(run("export", tmp_path / "file", "--dsn", sample).exception)
    assert "no schema atlas" in str(run("export", tmp_path / "new", "--dsn", dsn).exception)
