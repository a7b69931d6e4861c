"""Prove a backup by restoring it: into a scratch database of the same server, else into an embedded one."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.backup.manifest import read_manifest, write_manifest
from atlas_workflows.migration.backup.restore import Restored, restore_backup
from atlas_workflows.migration.backup.scratch import (
    SCRATCH,
    encoded,
    encoding_of,
    may_create_databases,
    scratch_database,
)
from atlas_workflows.migration.backup.unfinished import PROOFS, SERVING, server_data, work_folder
from atlas_workflows.settings import Settings


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


def verify_backup(folder: Path, dsn: str, settings: Settings) -> Proof:
    """Restore, compare, and note the outcome in the manifest."""
    name = SCRATCH + read_manifest(folder).id.lower().replace("-", "_")
    if may_create_databases(dsn):
        with scratch_database(dsn, name) as target:
            proof = prove(folder, target, settings, where="a scratch database of the same server")
    else:
        with _throwaway_server(settings, name, encoding_of(dsn)) as target:
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
    with work_folder(settings.home / PROOFS / f"{SERVING}{name}") as folder:
        folder.chmod(0o711)  # for the server's account, which enters its own data in it and nothing else
        server = EmbeddedServer(server_data(folder), settings={"fsync": "off", "shared_buffers": "128MB"})
        try:
            server.start()
            create = compose.SQL("CREATE DATABASE {} TEMPLATE template0{}")
            with connect(server.dsn(), application_name="atlas-verify", autocommit=True) as connection:
                connection.execute(create.format(compose.Identifier(name), encoded(encoding)))
            yield server.dsn(name)
        finally:
            server.stop(mode="immediate")
            shutil.rmtree(server.data_dir, ignore_errors=True)
            shutil.rmtree(folder, ignore_errors=True)
