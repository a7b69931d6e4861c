"""What a person or a machine gets wrong ends in one message with a way on, the stated status, and no password."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from cryptography.fernet import Fernet

from atlas_workflows.cli.complaints import as_atlas_error
from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import (
    ConfigurationError,
    DatabaseError,
    DatabaseUnreachable,
    InputError,
    PermissionMissing,
)
from atlas_workflows.migration.report.files import prepare_folder
from atlas_workflows.migration.request import Scope
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.settings import masked_dsn
from forked_atlas import run_atlas

ATLAS = Path(sys.executable).with_name("atlas")
SMALL = Size(organizations=3, workflows=25, executions=50, people=10)


def atlas(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {
        "ATLAS_HOME": str(home),
        "ATLAS_SECRET_KEYS": Fernet.generate_key().decode(),
        "COLUMNS": "300",
    }
    return run_atlas(*words, env=env)


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The message, after a look that it is one."""
    text = done.stderr + done.stdout
    assert "Traceback" not in text
    assert "What next" in text
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (psycopg.errors.InsufficientPrivilege("permission denied for table x"), PermissionMissing, "Grant"),
        (psycopg.errors.AdminShutdown("terminating connection"), DatabaseError, "Bring it back"),
        (psycopg.errors.DiskFull("could not extend file"), DatabaseError, "Free space"),
        (psycopg.errors.UndefinedTable('relation "x" does not exist'), DatabaseError, "Fix this"),
        (OSError(errno.ENOSPC, "No space left on device", "/x"), ConfigurationError, "Free space"),
        (PermissionError(errno.EACCES, "Permission denied", "/x"), ConfigurationError, "a folder of yours"),
    ],
)
def test_a_refusal_from_below_becomes_a_fact_and_a_remedy(
    error: Exception, kind: type[Exception], words: str
) -> None:
    known = as_atlas_error(error)
    assert isinstance(known, kind)
    assert words in known.remedy
    assert str(error.args[-1]).split("/")[0].strip() in known.fact


def test_a_fault_of_ours_keeps_its_traceback() -> None:
    assert as_atlas_error(KeyError("nobody foresaw this")) is None


def test_a_driver_that_quotes_the_address_is_masked() -> None:
    known = as_atlas_error(psycopg.OperationalError("cannot use postgresql://ada:geheim@host/crm"))
    assert known is not None
    assert "geheim" not in str(known)


def test_a_password_with_an_at_is_not_shown_as_a_host() -> None:
    with pytest.raises(DatabaseUnreachable, match="more than one @") as refused:
        connect("postgresql://ada:gehe@im@127.0.0.1:1/crm", application_name="test")
    assert "im" not in refused.value.fact.replace("postgresql", "")
    assert "%40" in refused.value.remedy


def test_organizations_and_a_percentage_exclude_each_other() -> None:
    assert Scope.chosen([" B ", "a", "b", ""], None) == Scope(("a", "b"))
    assert Scope.chosen([], 5) == Scope(percent=5)
    with pytest.raises(InputError, match="both"):
        Scope.chosen(["a"], 0)


def test_a_report_folder_is_tried_before_any_work(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for folder in (file, file / "below"):
        with pytest.raises(ConfigurationError, match="cannot be written"):
            prepare_folder(folder)
    prepare_folder(tmp_path / "fresh" / "folder")
    assert not list((tmp_path / "fresh" / "folder").iterdir())
    # Refused before the database is even asked.
    done = atlas(
        tmp_path / "home", "migrate", "run", "p1", "--report", str(file), "--dsn", "postgresql://nobody:pw@127.0.0.1:1/x"
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be written" in said(done)


@pytest.mark.parametrize("percent", ["101", "-1", "abc"])
def test_a_percentage_that_is_none_is_refused(tmp_path: Path, percent: str) -> None:
    done = atlas(tmp_path, "migrate", "run", "p1", "--percent", percent)
    assert done.returncode == 2
    assert "--percent" in done.stderr


def test_a_run_that_an_error_ends_leaves_its_report_and_continues(
    pg_server: EmbeddedServer, dsn: str, tmp_path: Path
) -> None:
    create_sample(dsn, SampleSpec(Shape.A, SMALL, seed=1))
    home, place = tmp_path / "home", tmp_path / "report"
    home.mkdir()
    (home / "backups").write_text("not a folder")
    run = ("migrate", "run", "p1", "--no-rehearse", "--no-throttle", "--report", str(place), "--dsn", dsn)
    stopped = atlas(home, *run)
    text = said(stopped)
    assert stopped.returncode == 1
    assert f"Report: {place}" in text
    assert pg_server.password not in text
    report = json.loads((place / "report.json").read_text())
    assert report["status"] == "failed"
    assert report["problem"]
    steps = {step["kind"]: step["status"] for step in report["steps"]}
    assert (steps["preflight"], steps["backup"]) == ("passed", "failed")
    (home / "backups").unlink()
    again = atlas(home, *run)
    assert again.returncode == 0, again.stderr
    written = [path for path in place.rglob("*") if path.is_file()]
    assert len(written) > 10
    assert not [path for path in written if path.stat().st_mode & 0o027], "for the owner and the group alone"
    assert json.loads((place / "report.json").read_text())["run_id"] == report["run_id"]
    refused = atlas(
        home,
        "migrate",
        "approve",
        str(UUID(report["run_id"])),
        "--dsn",
        dsn,
        "--by",
        "Ada",
        "--reason",
        "read",
    )
    assert refused.returncode == 1
    assert "Only an unfinished run can be approved" in said(refused)


def test_a_terminal_that_knows_ascii_only_ends_no_command(tmp_path: Path) -> None:
    workflow = {
        "id": "w",
        "name": "Łódź 🏋 \x1b[2J\x9b2J\x07",
        "triggers": [{"id": "t", "type": "manual"}],
        "nodes": [{"id": "a", "type": "add_note", "parameters": {"text": "→ \ud83d"}}],
        "edges": [{"id": "e", "source": "t", "target": "a"}],
    }
    (tmp_path / "w.json").write_text(json.dumps(workflow))
    (tmp_path / "data.json").write_text("{}")
    done = subprocess.run(
        [ATLAS, "workflow", "execute", str(tmp_path / "w.json"), "--input", str(tmp_path / "data.json")],
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, text=True, capture_output=True, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "d\\u017a" in done.stdout
    assert not {"\x1b", "\x9b", "\x07"} & set(done.stdout)


@pytest.mark.parametrize(
    "dsn",
    [
        "host=127.0.0.1 port=1 password='hunter2 hunter3' user=u", "host=127.0.0.1 port=1 password = hunter2 user=u", "host=127.0.0.1 port=1 sslpassword=hunter2",
        "postgresql://u:hunter2/hunter3@127.0.0.1/db", "postgresql://u:1234/hunter2@127.0.0.1/db", "postgresql://u:hunter2@hunter3@127.0.0.1/db",
        "postgresql://u:hunter2@127.0.0.1:1/db?password=hunter3", "postgresql://[hunter2", "hunter2",
    ],
)  # fmt: skip
def test_of_a_database_address_no_password_is_shown(dsn: str) -> None:
    assert "hunter" not in masked_dsn(dsn)
    with pytest.raises(DatabaseUnreachable) as refused:
        connect(dsn, application_name="test", connect_timeout=1)
    assert "hunter" not in str(refused.value)


def test_of_a_database_address_people_see_who_where_and_which() -> None:
    assert masked_dsn("postgresql://ann:hunter2@db.example:6543/crm?sslmode=require") == (
        "postgresql://ann@db.example:6543/crm"
    )
    assert masked_dsn("user=ann dbname=crm password=hunter2") == "user=ann dbname=crm"
