"""A backup is complete, private, provable and restorable, with pg_dump and without it."""

import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet
from psycopg.conninfo import make_conninfo

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import BackupError
from atlas_workflows.interpreter import python
from atlas_workflows.migration.backup import copy_dump
from atlas_workflows.migration.backup.dump import BackupPlan, make_backup
from atlas_workflows.migration.backup.encryption import decrypt_folder, encrypt_folder
from atlas_workflows.migration.backup.manifest import Manifest, read_manifest
from atlas_workflows.migration.backup.needs import write_needs
from atlas_workflows.migration.backup.remains import clear_away
from atlas_workflows.migration.backup.restore import restore_backup
from atlas_workflows.migration.backup.retention import list_backups, newest_of, prune, superfluous
from atlas_workflows.migration.backup.scratch import abandoned, scratch_database
from atlas_workflows.migration.backup.tables import table_state, tables_to_keep
from atlas_workflows.migration.backup.tools import choose_tools, environment
from atlas_workflows.migration.backup.unfinished import PARTIAL, RESTORING, server_data
from atlas_workflows.migration.backup.verify import verify_backup
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import Site

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LEGACY = """
CREATE TYPE plan AS ENUM ('starter', 'pro');
CREATE TABLE organizations (id int PRIMARY KEY, name text NOT NULL, plan plan DEFAULT 'pro');
CREATE TABLE workflows (id int PRIMARY KEY, organization_id int REFERENCES organizations, nodes jsonb,
                        name text, shout text GENERATED ALWAYS AS (upper(name)) STORED);
CREATE TABLE leads (id int PRIMARY KEY, email text);
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
CREATE TRIGGER touch BEFORE UPDATE ON workflows FOR EACH ROW EXECUTE FUNCTION touch();
CREATE INDEX by_name ON workflows (name) WHERE name <> '';
CREATE VIEW names AS SELECT name FROM workflows;
ALTER TABLE workflows ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON workflows FOR SELECT USING (organization_id = 1);
INSERT INTO organizations SELECT n, 'Łódź ' || n FROM generate_series(1, 3) AS n;
INSERT INTO workflows (id, organization_id, nodes, name)
    SELECT n, 1 + n % 3, jsonb_build_array(12345678901234567890123::numeric, 1.10), 'w' || n FROM generate_series(1, 500) AS n;
INSERT INTO leads SELECT n, n || '@example.com' FROM generate_series(1, 50) AS n;
"""
TOUCHED = ("public.workflows",)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(load_settings({}), home=tmp_path, secret_keys=(Fernet.generate_key().decode(),))


@pytest.fixture
def crm(dsn: str) -> str:
    with psycopg.connect(dsn) as connection:
        connection.execute(LEGACY)
    return dsn


@pytest.fixture
def empty(pg_server: EmbeddedServer) -> Callable[[str], str]:
    def make(name: str) -> str:
        pg_server.drop_database(name)
        return pg_server.create_database(name)

    return make


def test_a_backup_holds_what_is_touched_and_what_that_needs(
    crm: str, settings: Settings, tmp_path: Path
) -> None:
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    manifest = read_manifest(folder)
    assert {str(state.table): state.rows for state in manifest.tables} == {
        "public.organizations": 3,
        "public.workflows": 500,
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_a_proof_restores_every_row(crm: str, settings: Settings, tmp_path: Path) -> None:
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    proof = verify_backup(folder, crm, settings)
    assert proof.passed, proof.restored
    assert read_manifest(folder).verified == proof.to_json()


@pytest.mark.parametrize("encrypted", [False, True])
def test_restoring_gives_definitions_too(
    crm: str, settings: Settings, tmp_path: Path, empty: Callable[[str], str], encrypted: bool
) -> None:
    plan = BackupPlan(crm, TOUCHED, tmp_path / "backups", settings.secret_keys if encrypted else ())
    folder = make_backup(plan, settings, now=NOW)
    target = empty("restored")
    assert restore_backup(folder, target, settings).differing == ()
    with psycopg.connect(target) as connection:
        assert connection.execute("SELECT count(*) FROM leads").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM names").fetchone() == (500,)
        assert connection.execute("SELECT polname FROM pg_policy").fetchone() == ("mine",)


def test_a_database_that_is_not_empty_is_not_overwritten(
    crm: str, settings: Settings, tmp_path: Path
) -> None:
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    with pytest.raises(BackupError, match="already holds"):
        restore_backup(folder, crm, settings)


def test_a_changed_file_is_named(crm: str, settings: Settings, tmp_path: Path) -> None:
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    victim = next((folder / "data").glob("*.dat.gz"))
    victim.write_bytes(victim.read_bytes()[:-1] + b"x")
    with pytest.raises(BackupError, match=victim.name):
        restore_backup(folder, crm, settings)


def test_a_row_lost_in_the_backup_fails_the_proof(crm: str, settings: Settings, tmp_path: Path) -> None:
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    text = (folder / "manifest.json").read_text()
    (folder / "manifest.json").write_text(text.replace('"rows": 500', '"rows": 501'))
    proof = verify_backup(folder, crm, settings)
    assert not proof.passed
    assert [str(expected.table) for expected, _found in proof.restored.differing] == ["public.workflows"]


def test_without_createdb_the_proof_uses_a_server_of_its_own(
    crm: str, settings: Settings, tmp_path: Path
) -> None:
    with psycopg.connect(crm) as owner:
        owner.execute("DROP ROLE IF EXISTS modest")
        owner.execute("CREATE ROLE modest LOGIN PASSWORD 'modest' BYPASSRLS")
        owner.execute("GRANT pg_read_all_data TO modest")
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    for parent in (tmp_path, *tmp_path.parents):
        if "pytest-" in parent.name:
            parent.chmod(0o755)
    tmp_path.chmod(0o755)
    proof = verify_backup(folder, make_conninfo(crm, user="modest", password="modest"), settings)
    assert proof.passed
    assert "embedded" in proof.where
    assert list((tmp_path / "verify").iterdir()) == []


def test_what_killed_proofs_left_goes_and_what_is_at_work_stays(
    crm: str, settings: Settings, tmp_path: Path
) -> None:
    code = "import sys, time; from atlas_workflows.migration.backup.scratch import scratch_database as s\n"
    code += "with s(sys.argv[1], 'atlas_scratch_killed'): print('made', flush=True); time.sleep(60)"
    with subprocess.Popen(python("-c", code, crm), stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"made\n"
        with connect(crm, application_name="test", autocommit=True) as connection:
            assert "atlas_scratch_killed" not in {left.name for left in abandoned(connection)}
        killed.kill()
    serving = tmp_path / "verify" / ".server-dead"
    serving.mkdir(parents=True, mode=0o755)
    orphan = EmbeddedServer(server_data(serving), settings={"shared_buffers": "16MB", "fsync": "off"}).start()
    with scratch_database(crm, "atlas_scratch_at_work") as at_work:
        gone = clear_away(Site(crm, settings))
        with psycopg.connect(at_work) as connection:
            assert connection.info.dbname == "atlas_scratch_at_work"
    assert "atlas_scratch_killed" in gone
    assert "atlas_scratch_at_work" not in gone
    assert not serving.exists()
    assert orphan.running_port() is None


def test_the_copy_backup_needs_no_pg_dump(
    crm: str, settings: Settings, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    with connect(crm, application_name="test") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        kept = tables_to_keep(connection, TOUCHED)
        copy_dump.dump(connection, kept, tmp_path / "data")
        write_needs(connection, tmp_path)
        before = [table_state(connection, table) for table in kept]
    target = empty("copied")
    with connect(target, application_name="test", autocommit=True) as connection:
        assert copy_dump.restore(connection, tmp_path / "data") == []
        assert [table_state(connection, table) for table in kept] == before
        assert connection.execute("SELECT count(*) FROM names").fetchone() == (500,)
        assert connection.execute("SELECT polname FROM pg_policy").fetchone() == ("mine",)


def test_policies_that_hide_rows_stop_the_backup(crm: str, settings: Settings, tmp_path: Path) -> None:
    with psycopg.connect(crm) as owner:
        owner.execute("DROP ROLE IF EXISTS filtered")
        owner.execute("CREATE ROLE filtered LOGIN PASSWORD 'filtered'")
        owner.execute("GRANT pg_read_all_data TO filtered")
    plan = BackupPlan(make_conninfo(crm, user="filtered", password="filtered"), TOUCHED, tmp_path / "backups")
    with pytest.raises(BackupError, match="row-level security"):
        make_backup(plan, settings, now=NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_a_full_disk_is_said_so(crm: str, settings: Settings, tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = shutil.which("mount") and _mount(small)
    if not mounted:
        # Without the right to mount a tiny disk, a file in the way of the folder is the nearest refusal.
        small.rmdir()
        small.touch()
    try:
        with pytest.raises(BackupError):
            make_backup(
                BackupPlan(crm, TOUCHED, small / "backups" if not mounted else small), settings, now=NOW
            )
        assert mounted is False or not list(small.glob("2026*"))
    finally:
        if mounted:
            _unmount(small)


def _mount(folder: Path) -> bool:
    import subprocess

    command = ["mount", "-t", "tmpfs", "-o", "size=12k", "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True).returncode == 0


def _unmount(folder: Path) -> None:
    import subprocess

    subprocess.run(["umount", str(folder)], check=True)


def test_no_password_reaches_the_command_line(crm: str) -> None:
    env = environment(crm)
    assert env["PGPASSWORD"]
    assert env["PGDATABASE"]


def test_tls_without_tools_falls_back_to_copy(settings: Settings, tmp_path: Path) -> None:
    nowhere = replace(settings, pg_bin=tmp_path)
    assert choose_tools(nowhere, 18, needs_tls=True).tools is None
    assert choose_tools(nowhere, 18, needs_tls=False).tools is not None
    assert choose_tools(nowhere, 99, needs_tls=False).tools is None


def test_retention_keeps_the_newest_and_the_newest_proved(
    crm: str, settings: Settings, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    made = [
        make_backup(BackupPlan(crm, TOUCHED, backups), settings, now=NOW.replace(day=day))
        for day in range(1, 5)
    ]
    verify_backup(made[0], crm, settings)
    manifests = [manifest for _path, manifest in list_backups(backups)]
    assert superfluous(manifests, keep=2) == [manifests[1].id]
    assert prune(backups, keep=2) == [manifests[1].id]
    assert [path for path, _manifest in list_backups(backups)] == [made[0], *made[2:]]


def _manifests(server: str, database: str, days: range, proved: int = 0) -> list[Manifest]:
    return [
        Manifest(
            id=f"{server}-{database}-{day}", kind="copy", server=server, database=database, server_version="18",
            made_with="", made_at=NOW.replace(day=day), snapshot="", tables=(), files={}, size=0,
            verified={"passed": True} if day == proved else None,
        )
        for day in days
    ]  # fmt: skip


def test_backups_of_one_database_are_no_reason_to_remove_anothers() -> None:
    a, b = _manifests("one", "a", range(1, 3), proved=1), _manifests("one", "b", range(3, 9))
    elsewhere = _manifests("two", "a", range(9, 15))
    assert superfluous([*a, *b, *elsewhere], keep=5) == ["one-b-3", "two-a-9"]
    assert superfluous([*_manifests("one", "a", range(1, 10), proved=2)], keep=1) == [
        f"one-a-{day}" for day in (1, 3, 4, 5, 6, 7, 8)
    ]


def test_two_backups_at_once_leave_each_other_alone_and_remains_go(
    crm: str, settings: Settings, tmp_path: Path
) -> None:
    backups = tmp_path / "backups"
    dead = backups / f"20200101T000000Z-dead{PARTIAL}"
    decrypted = backups / f"{RESTORING}dead"
    for remains in (dead, decrypted):
        (remains / "data").mkdir(parents=True)
    made: list[Path] = []

    def meanwhile(*_: object) -> None:
        if not made:
            made.append(make_backup(BackupPlan(crm, TOUCHED, backups), settings, now=NOW))

    outer = make_backup(BackupPlan(crm, TOUCHED, backups), settings, now=NOW, report=meanwhile)
    assert not dead.exists()
    assert not decrypted.exists()
    assert {path for path, _manifest in list_backups(backups)} == {outer, *made}
    assert [verify_backup(path, crm, settings).passed for path in (outer, *made)] == [True, True]


def test_a_rehearsal_takes_the_backup_of_its_own_database(
    crm: str, settings: Settings, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    backups = tmp_path / "backups"
    mine = make_backup(BackupPlan(crm, TOUCHED, backups), settings, now=NOW)
    other = empty("other_crm")
    with psycopg.connect(other) as connection:
        connection.execute("CREATE TABLE workflows (id int PRIMARY KEY)")
    make_backup(BackupPlan(other, TOUCHED, backups), settings, now=NOW.replace(day=9))
    with connect(crm, application_name="test") as connection:
        assert newest_of(backups, connection)[0] == mine
    with (
        connect(make_conninfo(crm, dbname="postgres"), application_name="test") as connection,
        pytest.raises(BackupError, match="no backup of postgres"),
    ):
        newest_of(backups, connection)


@pytest.mark.parametrize("size", [0, 1, 1024 * 1024, 1024 * 1024 + 1])
def test_encryption_gives_back_every_byte(tmp_path: Path, size: int) -> None:
    (tmp_path / "file").write_bytes(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
    before = (tmp_path / "file").read_bytes()
    key = Fernet.generate_key().decode()
    encrypt_folder(tmp_path, (key,))
    assert len(before) < 64 or before[:64] not in (tmp_path / "file.sealed").read_bytes()
    decrypt_folder(tmp_path, (Fernet.generate_key().decode(), key))
    assert (tmp_path / "file").read_bytes() == before


def test_a_chunk_cut_off_is_noticed(tmp_path: Path) -> None:
    key = Fernet.generate_key().decode()
    (tmp_path / "file").write_bytes(b"x" * (3 * 1024 * 1024))
    encrypt_folder(tmp_path, (key,))
    sealed = (tmp_path / "file.sealed").read_bytes()
    (tmp_path / "file.sealed").write_bytes(sealed[: len(sealed) // 2])
    with pytest.raises(BackupError):
        decrypt_folder(tmp_path, (key,))


def test_stubs_stand_in_for_roles_elsewhere(
    crm: str, settings: Settings, tmp_path: Path, empty: Callable[[str], str]
) -> None:
    with psycopg.connect(crm) as owner:
        owner.execute("DROP ROLE IF EXISTS coach")
        owner.execute("CREATE ROLE coach NOLOGIN")
        owner.execute("CREATE POLICY coaches ON leads TO coach USING (true)")
    folder = make_backup(BackupPlan(crm, TOUCHED, tmp_path / "backups"), settings, now=NOW)
    with psycopg.connect(crm) as owner:
        owner.execute("DROP POLICY coaches ON leads")
        owner.execute("DROP ROLE coach")
    target = empty("elsewhere")
    restored = restore_backup(folder, target, settings)
    assert restored.stubs == ("role coach",)
    assert restored.differing == ()
    with psycopg.connect(target) as connection:
        connection.execute("DROP POLICY coaches ON leads")
        connection.execute("DROP ROLE coach")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_backup_of_another_encoding_proves_true(
    pg_server: EmbeddedServer, tmp_path: Path, encoding: str
) -> None:
    name = f"encoded_{encoding.lower()}"
    with psycopg.connect(pg_server.dsn(), autocommit=True) as server:
        server.execute(
            f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}' LOCALE_PROVIDER libc LOCALE 'C'".encode()
        )
    dsn = pg_server.dsn(name)
    try:
        with connect(dsn, application_name="test") as connection:
            connection.execute("CREATE TABLE public.workflows (id int PRIMARY KEY, name text)")
            connection.execute("INSERT INTO public.workflows VALUES (1, 'Müller é')")
        settings = replace(load_settings({}), home=tmp_path)
        plan = BackupPlan(dsn, ("public.workflows",), tmp_path / "backups")
        proof = verify_backup(make_backup(plan, settings, now=NOW), dsn, settings)
        assert proof.passed, proof.to_json()
    finally:
        pg_server.drop_database(name)
