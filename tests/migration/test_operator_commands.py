"""The operator's way through a phase by command: run, wait, approve, sign, back up, rotate, report, roll back. Output and exit status.

One sample is migrated up to its approval once; each test goes on from a copy of that database.
"""

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from cryptography.fernet import Fernet
from legacy_samples import clone_sample
from moving_phase import OPTIONS, migrate
from plain_source import KEY

from atlas_workflows.db.server import EmbeddedServer
from forked_atlas import run_atlas

STRANGER = "00000000-0000-0000-0000-00000000dead"
WAITING = replace(OPTIONS, require_approval=True, actor="Olga")


class Operator:
    """Somebody at a terminal, whose ATLAS_CRM_DSN names the database."""

    def __init__(self, dsn: str, home: Path) -> None:
        self.dsn, self.home = dsn, home

    def atlas(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        env = {"ATLAS_HOME": str(self.home), "ATLAS_SECRET_KEYS": KEY, "ATLAS_CRM_DSN": self.dsn}
        return run_atlas(*words, env=env | {"COLUMNS": "300"} | environment)

    def says(self, *words: str, status: int = 0, **environment: str) -> str:
        """What it prints on stdout, where it ends as expected."""
        done = self.atlas(*words, **environment)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout

    def json(self, *words: str, status: int = 0, **environment: str) -> Any:
        return json.loads(self.says(*words, "--json", status=status, **environment))

    def refuses(self, *words: str, status: int = 1, **environment: str) -> str:
        """The one message of a refusal, which leaves stdout empty; its status is 2 where the words are wrong."""
        done = self.atlas(*words, **environment)
        assert (done.returncode, done.stdout) == (status, ""), done.stdout + done.stderr
        assert "What next" in done.stderr
        assert "Traceback" not in done.stderr
        return " ".join(done.stderr.split())

    def rows(self, statement: str, *parameters: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def waiting_database(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database with a messy sample whose phase 1 has moved everything and waits for its approval."""
    dsn = clone_sample(pg_server, "A")
    assert migrate(dsn, tmp_path_factory.mktemp("home"), options=WAITING).status == "waiting"
    name = dsn.rpartition("/")[2]
    yield name
    pg_server.drop_database(name)


@pytest.fixture
def operator(pg_server: EmbeddedServer, waiting_database: str, tmp_path: Path) -> Iterator[Operator]:
    """With a copy of that database."""
    name = f"t_{uuid4().hex[:12]}"
    yield Operator(pg_server.create_database(name, template=waiting_database), tmp_path)
    pg_server.drop_database(name)


@pytest.fixture
def elsewhere(dsn: str, tmp_path: Path) -> Operator:
    """With an empty database."""
    return Operator(dsn, tmp_path)


def test_an_approved_run_goes_on_and_is_rolled_back(operator: Operator) -> None:
    (run,) = operator.json("migrate", "status")["runs"]
    assert (run["status"], run["actor"], run["finished_at"]) == ("waiting", "Olga", None)
    steps = {step["kind"]: step["status"] for step in run["steps"]}
    assert (steps["backfill"], steps["approve"]) == ("passed", "waiting")
    assert run["rows_done"] == run["rows_total"] > 200
    shown = operator.says("migrate", "status", "p1")
    assert shown.startswith(run["run_id"])
    assert f"{run['rows_done']}/{run['rows_total']} rows" in shown

    given_up = operator.rows(
        "INSERT INTO atlas.phase_runs (phase, status, started_at) VALUES ('p1_database', 'waiting', now() - INTERVAL '1 month')"
        " RETURNING id"
    )[0]
    signed = ("--by", "Ada", "--reason", "looks right")
    approved = operator.json("migrate", "approve", *signed)
    assert approved == {"run_id": run["run_id"], "phase": "p1_database", "approved_by": "Ada"}
    assert "No phase run waits" in operator.refuses("migrate", "approve", *signed), "that one is approved"
    operator.rows("DELETE FROM atlas.phase_runs WHERE id = %s RETURNING id", *given_up)
    assert operator.rows("SELECT actor, reason FROM atlas.audit_log WHERE action LIKE '%%approve%%'") == [
        ("Ada", "looks right")
    ]
    done = migrate(operator.dsn, operator.home, options=WAITING)
    assert (done.run_id, done.status) == (run["run_id"], "succeeded")

    counted = operator.json("migrate", "rollback", "p1")
    (workflows,) = operator.rows("SELECT count(*) FROM atlas.workflows")[0]
    assert counted["removed"]["workflows"] == workflows > 0
    assert "nothing done; add --execute" in operator.says("migrate", "rollback", "p1")
    assert operator.rows("SELECT count(*) FROM atlas.workflows") == [(workflows,)]
    removed = operator.says("migrate", "rollback", "p1", "--execute", "--by", "Ada", "--reason", "as a trial")
    assert removed.startswith("Removed:")
    assert operator.rows("SELECT count(*) FROM atlas.workflows") == [(0,)]
    trail = operator.rows("SELECT reason FROM atlas.audit_log WHERE actor = 'Ada' ORDER BY id")
    assert trail[-1][0].startswith("as a trial (everything, ")


def test_a_run_is_paused_and_resumed_with_what_it_was_started_with(operator: Operator) -> None:
    (run,) = operator.json("migrate", "status")["runs"]
    assert operator.json("migrate", "pause") == {"run_id": run["run_id"], "status": "paused"}
    assert operator.json("migrate", "status")["runs"][0]["status"] == "paused"
    assert "is paused" in operator.refuses("migrate", "run", "p1")
    # Still without backup and rehearsal, still asking for approval.
    resumed = operator.json("migrate", "resume", run["run_id"], status=1)
    assert (resumed["run_id"], resumed["status"]) == (run["run_id"], "waiting")
    assert not (operator.home / "backups").exists()
    assert "not paused" in operator.refuses("migrate", "resume")


def test_a_report_is_written_again_where_it_is_wanted(operator: Operator) -> None:
    (run,) = operator.json("migrate", "status")["runs"]
    folder = operator.home / "elsewhere"
    said = operator.json("migrate", "report", run["run_id"], "--report", str(folder))
    assert (said["run_id"], said["report"]) == (run["run_id"], str(folder))
    report = json.loads((folder / "report.json").read_text())
    assert len(report["rows"]) == sum(report["counts"].values()) == sum(said["counts"].values())
    assert run["run_id"] in (folder / "report.html").read_text()
    assert f"Report in {operator.home}" in operator.says("migrate", "report")


def test_what_is_no_run_is_refused(operator: Operator, elsewhere: Operator) -> None:
    assert "'seven' is no run id" in operator.refuses("migrate", "pause", "seven", status=2)
    signed = ("--by", "Ada", "--reason", "looks right")
    for command in (("pause",), ("resume",), ("approve", *signed), ("report",)):
        assert STRANGER in operator.refuses("migrate", *command, STRANGER, status=2)
    assert "a name and a reason" in operator.refuses("migrate", "approve", status=2)
    assert "no schema atlas" in elsewhere.refuses("migrate", "approve", *signed)
    assert operator.rows("SELECT status FROM atlas.phase_runs") == [("waiting",)]


def test_signatures_are_listed_given_and_refused(operator: Operator, elsewhere: Operator) -> None:
    waiting = operator.json("sign-off")["awaiting"]
    most = max(waiting, key=lambda item: (item["intended_status"] == "active", len(item["outstanding"])))
    workflow, codes = most["workflow_id"], most["outstanding"]
    listed = operator.says("sign-off").splitlines()
    assert listed[-1] == f"{len(waiting)} workflows wait for a signature."
    assert all(len(line) <= 80 for line in listed)
    assert sum(workflow in line for line in listed) == 1, "an id is never cut"
    said = " ".join(" ".join(listed).split())
    assert f"{workflow} {most['name']} to sign: {', '.join(codes)}" in said
    gyms = [(item["organization_name"].casefold(), item["organization_id"]) for item in waiting]
    assert gyms == sorted(gyms)
    assert all(
        gym in said and f"{gym} {item['organization_name']}" in said
        for item in waiting
        for gym in [item["organization_id"]]
    )
    assert all(trigger["trigger"] in said for trigger in most["evidence"])

    for words in (("--by", " ", "--reason", "told"), ("--by", "Ada")):
        assert "a name and a reason" in operator.refuses("sign-off", workflow, *words, status=2)
    assert operator.rows("SELECT count(*) FROM atlas.sign_offs") == [(0,)]
    assert STRANGER in operator.refuses("sign-off", STRANGER, "--by", "Ada", "--reason", "told", status=2)
    said = operator.says("sign-off", workflow.upper(), "--by", " Ada ", "--reason", "members were told")
    assert said == f"All changes are signed; the workflow is {most['intended_status']} now.\n"
    assert operator.rows("SELECT DISTINCT signed_by FROM atlas.sign_offs") == [("Ada",)]
    assert len(operator.json("sign-off")["awaiting"]) == len(waiting) - 1
    assert "no schema atlas" in elsewhere.refuses("sign-off")


def test_a_backup_is_made_listed_verified_restored_and_pruned(
    operator: Operator, elsewhere: Operator, pg_server: EmbeddedServer
) -> None:
    # What killed ones left: a copy of everything, and what a restore had decrypted.
    scratch = pg_server.create_database(f"atlas_scratch_{uuid4().hex}").rpartition("/")[2]
    plain = operator.home / "backups" / ".restore-dead"
    plain.mkdir(parents=True)
    (left,) = [item for item in operator.json("migrate", "status")["left_behind"] if item["name"] == scratch]
    assert left["bytes"] > 1_000_000
    assert not plain.exists(), "any command removes that"
    assert f"{scratch}  " in operator.says("migrate", "status")
    made = Path(operator.says("backup", "make").strip())
    assert not pg_server.has_database(scratch)
    assert {path.suffix for path in (made / "data").iterdir()} == {".sealed"}
    assert made.parent == operator.home / "backups"
    (listed,) = json.loads(operator.says("backup", "list", "--json"))
    assert listed["id"] == made.name
    assert listed["verified"]["passed"] is True
    assert made.name in operator.says("backup", "list")
    assert json.loads(operator.says("backup", "verify", str(made)))["passed"] is True

    assert elsewhere.says("backup", "restore", str(made), "--dsn", elsewhere.dsn) == ""
    count = "SELECT count(*) FROM public.workflows"
    assert elsewhere.rows(count) == operator.rows(count)
    # Never over what is there, and not without the key.
    assert "empty" in operator.refuses("backup", "restore", str(made), "--dsn", elsewhere.dsn)
    other = Fernet.generate_key().decode()
    assert operator.refuses("backup", "verify", str(made), ATLAS_SECRET_KEYS=other)
    assert "no key" in operator.refuses("backup", "make", "--encrypt", ATLAS_SECRET_KEYS=",").lower()

    second = Path(operator.says("backup", "make", "--no-encrypt").strip())
    assert json.loads((second / "manifest.json").read_text())["encrypted"] is False
    assert operator.says("backup", "prune", "--keep", "1") == f"{made.name}\n"
    assert [item["id"] for item in json.loads(operator.says("backup", "list", "--json"))] == [second.name]


def test_what_was_sealed_is_sealed_anew_under_a_new_key(operator: Operator, elsewhere: Operator) -> None:
    new = Fernet.generate_key().decode()
    both = {"ATLAS_SECRET_KEYS": f"{new},{KEY}"}
    tried = operator.json("secrets", "rotate", "--dry-run", **both)
    assert tried.pop("dry_run") is True
    sealed = sum(table["resealed"] for table in tried.values())
    assert sealed > 0
    assert operator.json("secrets", "rotate", "--dry-run", **both) == {"dry_run": True} | tried
    assert "needs a name" in operator.refuses("secrets", "rotate", status=2, **both)
    done = operator.json("secrets", "rotate", "--by", "Ada", **both)
    assert sum(table["resealed"] for table in done.values() if isinstance(table, dict)) == sealed
    assert "0 sealed anew" in operator.says("secrets", "rotate", "--by", "Ada", ATLAS_SECRET_KEYS=new)
    # Without the new key nothing opens: exit 1, and the report says how many and where.
    lost = operator.atlas("secrets", "rotate", "--dry-run")
    assert lost.returncode == 1
    assert "No key in force opens" in lost.stderr
    assert "no schema atlas" in elsewhere.refuses("secrets", "rotate", "--by", "Ada")


def test_a_sample_is_never_made_over_anything_else(elsewhere: Operator) -> None:
    made = elsewhere.json("sample", "create", "--seed", "7", "--shape", "B")
    assert (made["shape"], made["seed"], made["messy"]) == ("B", 7, False)
    counted = dict(elsewhere.rows("SELECT 'workflows', count(*) FROM workflows"))
    assert counted == {"workflows": made["rows"]["workflows"]}
    assert elsewhere.refuses("sample", "create")
    assert "Made in" in elsewhere.says("sample", "create", "--replace")
    assert "Z" in elsewhere.refuses("sample", "create", "--replace", "--shape", "Z", status=2)
    wrote = json.loads(elsewhere.says("sample", "old-app", "--seconds", "1", "--rate", "20"))
    assert sum(wrote["counts"].values()) > 0


@pytest.fixture
def plain_login(pg_server: EmbeddedServer, tmp_path: Path) -> Iterator[Callable[[], tuple[Operator, str]]]:
    """The owner of a database of its own, who is nothing special; afterwards all of it is gone."""
    name = f"plain_{uuid4().hex[:8]}"
    with psycopg.connect(pg_server.dsn(), autocommit=True) as administrator:
        administrator.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'pw'".encode())
    pg_server.create_database(name, owner=name)
    yield lambda: (Operator(pg_server.dsn(name, user=name, password="pw"), tmp_path), name)
    pg_server.drop_database(name)
    with psycopg.connect(pg_server.dsn(), autocommit=True) as administrator:
        administrator.execute(f"DROP OWNED BY {name}".encode())
        administrator.execute(f"DROP ROLE {name}".encode())


def test_an_owner_held_by_policies_is_told_and_the_administrators_script_frees_it(
    plain_login: Callable[[], tuple[Operator, str]], pg_server: EmbeddedServer, atlas_template: str
) -> None:
    assert atlas_template  # the application's role exists
    owner, name = plain_login()
    up = owner.atlas("schema", "upgrade", "--json")
    assert (up.returncode, bool(json.loads(up.stdout)["revision"])) == (0, True), up.stderr
    assert f"The role {name} is held by row-level security and cannot migrate yet" in up.stderr
    script = owner.says("schema", "roles-script")
    with psycopg.connect(pg_server.dsn(), autocommit=True) as administrator:
        administrator.execute(script.encode())
        rights = "SELECT rolsuper, rolbypassrls FROM pg_roles WHERE rolname = %s"
        assert administrator.execute(rights, [name]).fetchone() == (False, True)
    again = owner.atlas("schema", "upgrade")
    assert (again.returncode, "row-level security" in again.stderr) == (0, False)
