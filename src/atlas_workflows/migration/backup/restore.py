"""Put a backup into a database: stubs for what the server lacks, then definitions, data, and the rest."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import psycopg

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import relation_exists
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup import copy_dump
from atlas_workflows.migration.backup.dump import DATA
from atlas_workflows.migration.backup.encryption import decrypt_folder
from atlas_workflows.migration.backup.manifest import Manifest, read_manifest, require_unchanged_files
from atlas_workflows.migration.backup.needs import read_needs
from atlas_workflows.migration.backup.sequences import behind
from atlas_workflows.migration.backup.tables import TableState, table_state
from atlas_workflows.migration.backup.tools import choose_tools, demands_tls, environment
from atlas_workflows.migration.backup.unfinished import RESTORING, work_folder
from atlas_workflows.settings import Settings

# What every restore meets: the schema that each database has, and a setting that pg_restore 17 sets on older servers too.
HARMLESS = ('schema "public" already exists', 'unrecognized configuration parameter "transaction_timeout"')


@dataclass(frozen=True, slots=True)
class Restored:
    """`stubs`: roles, types and functions made as placeholders; `refused`: definitions the server would not take;
    `differing`: tables that are not those of the manifest (with both states); `behind`: sequences that are not."""

    stubs: tuple[str, ...]
    refused: tuple[str, ...]
    differing: tuple[tuple[TableState, TableState | None], ...]
    behind: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """What did not come back as it was, by name; empty where every row and every sequence did."""
        return (*(str(expected.table) for expected, _found in self.differing), *self.behind)


def restore_backup(folder: Path, dsn: str, settings: Settings) -> Restored:
    """Restore into the database at `dsn`, which must hold none of the backup's tables, and compare with the manifest.

    Raises BackupError when files changed since, tables are in the way, or data cannot be loaded.
    """
    manifest = read_manifest(folder)
    require_unchanged_files(folder, manifest)
    with connect(dsn, application_name="atlas-restore", autocommit=True) as connection:
        _require_disk_space(connection, manifest)
        stubs = _make_stubs(connection, folder)
        with _readable(folder / DATA, manifest, settings) as data:
            if manifest.kind == "copy":
                refused = copy_dump.restore(connection, data)
            else:
                refused = _pg_restore(connection, data, dsn, settings)
        differing = tuple(_differences(connection, manifest))
        late = tuple(behind(connection, manifest.sequences))
    return Restored(tuple(stubs), tuple(refused), differing, late)


def _require_disk_space(connection: Connection, manifest: Manifest) -> None:
    for state in manifest.tables:
        if relation_exists(connection, state.table.pattern):
            raise BackupError(
                f"The database already holds {state.table}.",
                remedy="Restore into an empty database (CREATE DATABASE …) and switch over to it.",
            )


def _make_stubs(connection: Connection, folder: Path) -> list[str]:
    made = []
    for need in read_needs(folder):
        try:
            if not need.is_met(connection):
                connection.execute(need.statement.encode())
                made.append(f"{need.kind} {need.name}")
        except psycopg.Error:
            continue  # pg_restore then reports what depends on it
    return made


@contextmanager
def _readable(data: Path, manifest: Manifest, settings: Settings) -> Iterator[Path]:
    if not manifest.encrypted:
        yield data
        return
    with work_folder(data.parent.parent / f"{RESTORING}{uuid4().hex}") as plain:
        try:
            shutil.copytree(data, plain / DATA)
            decrypt_folder(plain / DATA, settings.secret_keys)
            yield plain / DATA
        finally:
            shutil.rmtree(plain, ignore_errors=True)


def _pg_restore(connection: Connection, data: Path, dsn: str, settings: Settings) -> list[str]:
    choice = choose_tools(settings, connection.info.server_version // 10_000, needs_tls=demands_tls(dsn))
    if choice.tools is None:
        raise BackupError(f"No pg_restore fits: {choice.reason}.", remedy="Name one with ATLAS_PG_BIN.")
    program = choice.tools.program("pg_restore")
    # A copy with a subscription would draw from the original's publisher, and could not be dropped again.
    refused = _section(program, data, dsn, "pre-data")
    failed = _section(program, data, dsn, "data", "--jobs=2")
    if failed:
        raise BackupError(
            f"pg_restore of the data failed: {failed[0]}.",
            remedy="Fix this and run the same command again; nothing was changed.",
        )
    return refused + _section(program, data, dsn, "post-data")


def _section(program: str, data: Path, dsn: str, section: str, *more: str) -> list[str]:
    """What the server refused of a section; the rest of it is restored."""
    env = environment(dsn)
    done = subprocess.run(
        [program, "--no-password", f"--section={section}", "--no-owner", "--no-privileges", "--no-subscriptions",
         *more, f"--dbname={env['PGDATABASE']}", str(data)],
        env=env, text=True, errors="replace", stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    errors = [line.partition("ERROR:")[2].strip() for line in done.stderr.splitlines() if "ERROR:" in line]
    if done.returncode != 0 and not errors:
        return [" ".join(done.stderr.strip().splitlines()[-3:]) or f"pg_restore ended with {done.returncode}"]
    return [error for error in errors if error not in HARMLESS]


def _differences(
    connection: Connection, manifest: Manifest
) -> Iterator[tuple[TableState, TableState | None]]:
    for expected in manifest.tables:
        try:
            found = table_state(connection, expected.table)
        except psycopg.errors.UndefinedTable:
            yield expected, None
            continue
        if not expected.is_met_by(found):
            yield expected, found
