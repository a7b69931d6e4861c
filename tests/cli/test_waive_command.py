"""`--waive ITEM=REASON`: a failed item stops the run until somebody accepts it, with name and reason on record."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from atlas_workflows.db.schema import upgrade
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from forked_atlas import run_atlas

SMALL = Size(organizations=3, workflows=25, executions=50, people=10)


def migrate(home: Path, dsn: str, *words: str) -> subprocess.CompletedProcess[str]:
    options = (
        "--no-backup",
        "--no-rehearse",
        "--no-throttle",
        "--report",
        str(home / "report"),
        "--dsn",
        dsn,
    )
    env = {"ATLAS_HOME": str(home), "COLUMNS": "300"}
    return run_atlas("migrate", "run", "p1", *options, *words, env=env)


@pytest.fixture
def misled_login(dsn: str) -> Iterator[str]:
    """A login that finds schema atlas first: an item that fails and may be waived."""
    login = f"misled_{uuid4().hex[:8]}"
    create_sample(dsn, SampleSpec(Shape.A, SMALL, seed=1))
    upgrade(dsn)
    with psycopg.connect(dsn) as owner:
        owner.execute(f"CREATE ROLE {login} LOGIN".encode())
        owner.execute(f"GRANT USAGE ON SCHEMA atlas TO {login}".encode())
        owner.execute(f"ALTER ROLE {login} SET search_path = atlas, public".encode())
    yield login
    with psycopg.connect(dsn) as owner:
        owner.execute(f"DROP OWNED BY {login}".encode())
        owner.execute(f"DROP ROLE {login}".encode())


def test_a_failed_item_stops_the_run_until_it_is_waived(dsn: str, misled_login: str, tmp_path: Path) -> None:
    refused = migrate(tmp_path, dsn)
    assert refused.returncode == 1
    assert misled_login in refused.stdout
    run_id = json.loads((tmp_path / "report" / "report.json").read_text())["run_id"]

    reason = "the old application is switched off"
    went_on = migrate(tmp_path, dsn, "--waive", f"search_path={reason}", "--by", "Dana")
    assert went_on.returncode == 0, went_on.stdout + went_on.stderr
    report = json.loads((tmp_path / "report" / "report.json").read_text())
    assert report["run_id"] == run_id
    (item,) = [item for item in report["checklist"] if item["item"] == "search_path"]
    assert (item["status"], item["waived_by"], item["waive_reason"]) == ("waived", "Dana", reason)
    assert reason in (tmp_path / "report" / "report.html").read_text()


@pytest.mark.parametrize("waiver", ["search_path", "search_path= ", "shape=we know better", "nonsense=why"])
def test_a_waiver_without_reason_or_item_is_refused(tmp_path: Path, waiver: str) -> None:
    nobody = "postgresql://nobody:pw@127.0.0.1:1/x"
    refused = migrate(tmp_path, nobody, "--waive", waiver, "--by", "Dana")
    assert refused.returncode == 2
    assert "items that can be waived: " in refused.stderr
    assert "long_transactions" in refused.stderr
    refused = migrate(tmp_path, nobody, "--waive", "search_path=it is off", "--by", " ")
    assert (refused.returncode, "A waiver needs a name" in refused.stderr) == (2, True)
