"""`atlas flags` and `atlas schema` as a person uses them."""

import json
import re
import subprocess
from pathlib import Path

import psycopg

from forked_atlas import run_atlas

ONE = "11111111-1111-4111-8111-111111111111"
FLAG = "migration.p1_database"
ESCAPE = "\x1b[2J"
SCHEMA_SQL = Path(__file__).parents[2] / "include" / "sql" / "schema"
NEWEST = max(path.name[:4] for path in SCHEMA_SQL.glob("[0-9]*.up.sql"))


def atlas(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_atlas(*arguments)


def shown(dsn: str, *arguments: str) -> dict[str, object]:
    done = atlas("flags", "list", "--dsn", dsn, "--json", *arguments)
    assert done.returncode == 0, done.stderr
    (entry,) = [entry for entry in json.loads(done.stdout) if entry["key"] == FLAG]
    assert isinstance(entry, dict)
    return entry


def test_a_flag_is_shown_set_and_cleared(atlas_dsn: str) -> None:
    assert shown(atlas_dsn)["value"] is True
    who = ("--by", "ana", "--reason", f"data looks odd{ESCAPE}", "--dsn", atlas_dsn)
    assert atlas("flags", "set", FLAG, "false", "--organization", ONE, *who).returncode == 0
    assert shown(atlas_dsn)["value"] is True
    held = shown(atlas_dsn, "--organization", ONE)
    assert (held["value"], held["source"], held["overrides"]) == (False, "override", {ONE: False})
    signed = held["set_for"][ONE]  # type: ignore[index]
    assert (signed["value"], signed["set_by"], signed["why"]) == (False, "ana", f"data looks odd{ESCAPE}")
    # On a terminal: who, when and why, and nothing that clears the screen.
    listed = run_atlas("flags", "list", "--dsn", atlas_dsn, env={"FORCE_COLOR": "1", "COLUMNS": "300"}).stdout
    assert "migration.p1_database" in listed
    assert re.search(rf"{ONE}.* ana .*{signed['set_at'][:10]}.*data looks odd\\u001b\[2J", listed)
    assert "\x1b[" in listed
    assert ESCAPE not in listed
    assert atlas("flags", "clear", FLAG, "--organization", ONE, *who).returncode == 0
    assert shown(atlas_dsn, "--organization", ONE)["value"] is True
    assert atlas("flags", "set", FLAG, "false", *who).returncode == 0
    assert shown(atlas_dsn)["value"] is False
    with psycopg.connect(atlas_dsn) as connection:
        actors = connection.execute(
            "SELECT DISTINCT actor FROM atlas.audit_log WHERE action <> 'put_flag'"
        ).fetchall()
    assert actors == [("ana",)]


def test_bad_input_ends_in_one_message(atlas_dsn: str, dsn: str) -> None:
    who = ("--by", "ana", "--reason", "r")
    for arguments, said, status in (
        (("set", "no.such", "1", *who, "--dsn", atlas_dsn), "There is no flag no.such", 2),
        (("set", FLAG, "maybe", *who, "--dsn", atlas_dsn), "no boolean", 2),
        (("set", FLAG, "true", "--organization", "gym", *who, "--dsn", atlas_dsn), "no organization id", 2),
        (("list", "--dsn", dsn), "Schema atlas", 1),
        (("list", "--dsn", "postgresql://nobody@127.0.0.1:1/none"), "No connection", 1),
    ):
        done = atlas("flags", *arguments)
        assert done.returncode == status, arguments
        assert said in " ".join(done.stderr.split())
        assert "Traceback" not in done.stderr
        assert done.stdout == ""


def test_the_schema_goes_up_and_down_by_command(dsn: str) -> None:
    assert json.loads(atlas("schema", "current", "--dsn", dsn, "--json").stdout) == {"revision": None}
    for _ in range(2):
        done = atlas("schema", "upgrade", "--dsn", dsn, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["revision"] == NEWEST
    refused = atlas("schema", "downgrade", "base", "--dsn", dsn)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert atlas("schema", "current", "--dsn", dsn).stdout.strip() == NEWEST
    assert atlas("schema", "downgrade", "base", "--dsn", dsn, "--yes").returncode == 0
    assert "no schema atlas" in atlas("schema", "current", "--dsn", dsn).stdout


def test_the_roles_script_is_printed_without_connecting() -> None:
    done = atlas("schema", "roles-script", "--dsn", "postgresql://crm_owner@nowhere.invalid/crm")
    assert done.returncode == 0, done.stderr
    assert 'ALTER ROLE "crm_owner" BYPASSRLS;' in done.stdout
    assert 'GRANT CREATE ON DATABASE "crm" TO "crm_owner";' in done.stdout
    other = atlas("schema", "roles-script", "--dsn", "postgresql://h/crm", "--migration-role", "mover")
    assert "'GRANT atlas_app TO %I%s',\n        'mover'," in other.stdout
    assert 'ALTER ROLE "mover" BYPASSRLS;' in other.stdout
    assert "migration_role" not in other.stdout


def test_row_security_is_relaxed_and_forced_by_command(atlas_dsn: str) -> None:
    who = ("--by", "ana", "--reason", "managed server", "--dsn", atlas_dsn)
    question = (
        "SELECT count(*) FROM pg_class WHERE relnamespace = 'atlas'::regnamespace AND relrowsecurity "
        "AND relforcerowsecurity"
    )
    with psycopg.connect(atlas_dsn, autocommit=True) as connection:
        forced = connection.execute(question).fetchone()
        assert atlas("schema", "relax-row-security", *who).returncode == 0
        assert connection.execute(question).fetchone() == (0,)
        assert atlas("schema", "force-row-security", *who).returncode == 0
        assert connection.execute(question).fetchone() == forced
