"""Prove a backup by restoring it: into a scratch database of the same server, else into an embedded one."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql as compose
from psycopg.conninfo import make_conninfo

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.backup.manifest import read_manifest, write_manifest
from atlas_workflows.migration.backup.restore import Restored, restore_backup
from atlas_workflows.settings import Settings

SCRATCH = "atlas_scratch_"
UTF8 = "UTF8"


@dataclass(frozen=True, slots=True)
class Proof:
    """What a restore showed; `passed` only when every table came back as it was, row for row."""

    passed: bool
    where: str
    seconds: float
    restored: Restored

    def to_json(self) -> dict[str, Any]:
        differing = [
            {"expected": a.to_json(), "found": b.to_json() if b else None} for a, b in self.restored.differing
        ]
        return {
            "passed": self.passed, "where": self.where, "seconds": round(self.seconds, 1), "differing": differing,
            "stubs": list(self.restored.stubs), "refused": list(self.restored.refused),
            "behind": list(self.restored.behind),
        }  # fmt: skip


def may_create_databases(dsn: str) -> bool:
    """Whether this login may make a scratch database on its server."""
    with connect(dsn, application_name="atlas-verify", autocommit=True) as connection:
        question = "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
        return bool(scalar(connection, question))


@contextmanager
def scratch_database(dsn: str, name: str) -> Iterator[str]:
    """An empty database beside `dsn`'s for the time of the block; left-overs of a killed run are dropped first."""
    identifier = compose.Identifier(name)
    with connect(dsn, application_name="atlas-verify", autocommit=True) as connection:
        drop = compose.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(identifier)
        connection.execute(drop)
        create = compose.SQL("CREATE DATABASE {} TEMPLATE template0{}")
        connection.execute(create.format(identifier, _encoded(_encoding(dsn))))
    try:
        yield make_conninfo(dsn, dbname=name)
    finally:
        with connect(dsn, application_name="atlas-verify", autocommit=True) as connection:
            connection.execute(drop)


def verify_backup(folder: Path, dsn: str, settings: Settings) -> Proof:
    """Restore, compare, and note the outcome in the manifest."""
    name = SCRATCH + read_manifest(folder).id.lower().replace("-", "_")
    if may_create_databases(dsn):
        with scratch_database(dsn, name) as target:
            proof = prove(folder, target, settings, where="a scratch database of the same server")
    else:
        with _throwaway_server(settings, name, _encoding(dsn)) as target:
            proof = prove(folder, target, settings, where="an embedded server, for lack of CREATEDB")
    return proof


def prove(folder: Path, target: str, settings: Settings, *, where: str) -> Proof:
    """Restore into `target`, an empty database, and note in the manifest what it showed."""
    begun = time.monotonic()
    restored = restore_backup(folder, target, settings)
    proof = Proof(not restored.faults, where, time.monotonic() - begun, restored)
    write_manifest(folder, read_manifest(folder).with_verification(proof.to_json()))
    return proof


@contextmanager
def _throwaway_server(settings: Settings, name: str, encoding: str) -> Iterator[str]:
    data_dir = settings.home / "verify" / name
    server = EmbeddedServer(data_dir, settings={"fsync": "off", "shared_buffers": "128MB"})
    try:
        server.start()
        identifier = compose.Identifier(name)
        with connect(server.dsn(), application_name="atlas-verify", autocommit=True) as connection:
            create = compose.SQL("CREATE DATABASE {} TEMPLATE template0{}")
            connection.execute(create.format(identifier, _encoded(encoding)))
        yield server.dsn(name)
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(server.data_dir, ignore_errors=True)


def _encoding(dsn: str) -> str:
    with connect(dsn, application_name="atlas-verify", autocommit=True) as connection:
        return connection.info.parameter_status("server_encoding") or UTF8


def _encoded(encoding: str) -> compose.Composable:
    """Checksums are over bytes, so a copy keeps the encoding; only the locale C goes with every one."""
    if encoding == UTF8:
        return compose.SQL("")
    return compose.SQL(" ENCODING {} LOCALE_PROVIDER libc LOCALE 'C'").format(compose.Literal(encoding))
