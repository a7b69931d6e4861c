"""Make a backup: one exported snapshot yields the manifest's counts and checksums and the dump itself."""

import os
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import uuid4

import psycopg

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup import copy_dump
from atlas_workflows.migration.backup.encryption import encrypt_folder
from atlas_workflows.migration.backup.manifest import Manifest, hash_files, total_size, write_manifest
from atlas_workflows.migration.backup.needs import write_needs
from atlas_workflows.migration.backup.sequences import read_sequences
from atlas_workflows.migration.backup.tables import (
    TableName,
    TableState,
    table_state,
    tables_to_keep,
    tables_to_leave_empty,
)
from atlas_workflows.migration.backup.tools import Choice, ClientTools, call, choose_tools, demands_tls
from atlas_workflows.migration.backup.unfinished import PARTIAL, work_folder
from atlas_workflows.settings import Settings

JOBS = 2
DATA = "data"
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """What to back up, and how. `touched` are schema-qualified legacy tables; `keys` encrypt where given."""

    dsn: str
    touched: tuple[str, ...]
    folder: Path
    encrypt_with: tuple[str, ...] = ()


def make_backup(
    plan: BackupPlan, settings: Settings, *, now: datetime, report: Report = lambda *_: None
) -> Path:
    """Make one and return its folder (mode 0700, files 0600). Nothing incomplete keeps a name that looks complete.

    Raises BackupError (disk full, no privilege, a policy that would hide rows, …).
    """
    backup_id = f"{now:%Y%m%dT%H%M%SZ}-{uuid4().hex[:8]}"
    partial = plan.folder / f"{backup_id}{PARTIAL}"
    previous_mask = os.umask(0o077)
    try:
        with work_folder(partial):
            manifest = _dump(plan, settings, backup_id, partial, now, report)
            write_manifest(partial, manifest)
            complete = plan.folder / backup_id
            partial.replace(complete)
    except OSError as cause:
        shutil.rmtree(partial, ignore_errors=True)
        raise BackupError(
            f"The backup could not be written: {cause.strerror or cause}.",
            remedy="Free disk space (or move ATLAS_HOME to a larger disk) and run the same command again.",
        ) from cause
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    finally:
        os.umask(previous_mask)
    return complete


def choose(dsn: str, settings: Settings) -> Choice:
    """Which tools would make the backup of that database; asked by preflight beforehand."""
    with connect(dsn, application_name="atlas-backup") as connection:
        major = connection.info.server_version // 10_000
    return choose_tools(settings, major, needs_tls=demands_tls(dsn))


def _dump(
    plan: BackupPlan, settings: Settings, backup_id: str, folder: Path, now: datetime, report: Report
) -> Manifest:
    choice = choose(plan.dsn, settings)
    with connect(plan.dsn, application_name="atlas-backup") as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot = str(scalar(connection, "SELECT pg_export_snapshot()"))
        kept = tables_to_keep(connection, plan.touched)
        # Before the dump: a dump that shows a later stand is none the worse.
        sequences = read_sequences(connection)
        if choice.tools:
            _pg_dump(choice.tools, plan.dsn, snapshot, tables_to_leave_empty(connection, kept), folder / DATA)
        else:
            copy_dump.dump(connection, kept, folder / DATA, sequences)
        write_needs(connection, folder)
        states = _states(connection, kept, report)
        manifest = Manifest(
            id=backup_id,
            kind="pg_dump" if choice.tools else "copy",
            server=server_of(connection),
            database=str(scalar(connection, "SELECT current_database()")),
            server_version=str(scalar(connection, "SHOW server_version")),
            made_with=choice.reason,
            made_at=now,
            snapshot=snapshot,
            tables=states,
            files={},
            size=0,
            encrypted=bool(plan.encrypt_with),
            sequences=sequences,
        )
    if plan.encrypt_with:
        encrypt_folder(folder / DATA, plan.encrypt_with)
    return _sealed(manifest, folder)


def _sealed(manifest: Manifest, folder: Path) -> Manifest:
    return replace(manifest, files=hash_files(folder), size=total_size(folder))


def _states(connection: Connection, tables: list[TableName], report: Report) -> tuple[TableState, ...]:
    states = []
    for done, table in enumerate(tables, 1):
        states.append(table_state(connection, table))
        report(str(table), done, len(tables))
    return tuple(states)


def _pg_dump(tools: ClientTools, dsn: str, snapshot: str, empty: Iterable[TableName], target: Path) -> None:
    leave = [f"--exclude-table-data={table.pattern}" for table in empty]
    # -Z1: at gzip-6 the same dump took twice as long for 17 % less space.
    arguments = [
        "--format=directory",
        f"--jobs={JOBS}",
        "--compress=1",
        f"--snapshot={snapshot}",
        "--no-blobs",
        *leave,
    ]
    call(tools.program("pg_dump"), [*arguments, f"--file={target}"], dsn=dsn, doing="pg_dump")


def server_of(connection: Connection) -> str:
    """What tells this server from others: its cluster's identifier where the role may ask for it, and its address.

    A copy of a cluster has the identifier of what it was copied from, hence the address.
    """
    address = f"{connection.info.host or 'local'}:{connection.info.port}"
    try:
        with connection.transaction():
            identifier = scalar(connection, "SELECT system_identifier FROM pg_catalog.pg_control_system()")
    except psycopg.errors.InsufficientPrivilege:
        return address
    return f"{identifier}@{address}"
