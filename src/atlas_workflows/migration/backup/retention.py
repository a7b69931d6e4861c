"""Which backups go and which stay: per database the newest N, and always the newest that was proved by a restore."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.dump import server_of
from atlas_workflows.migration.backup.manifest import Manifest, read_manifest
from atlas_workflows.migration.backup.unfinished import PARTIAL

KEEP = 5


def list_backups(folder: Path) -> list[tuple[Path, Manifest]]:
    """Complete backups below `folder`, oldest first; a folder without a readable manifest is no backup."""
    found = []
    folders = sorted(folder.iterdir()) if folder.is_dir() else []
    for candidate in (path for path in folders if path.suffix != PARTIAL):
        try:
            found.append((candidate, read_manifest(candidate)))
        except BackupError:
            continue  # unfinished, or just being removed
    return sorted(found, key=lambda pair: pair[1].made_at)


def newest_of(folder: Path, connection: Connection) -> tuple[Path, Manifest]:
    """The newest complete backup of the connection's own database. Raises BackupError where there is none."""
    mine = (server_of(connection), connection.info.dbname)
    found = [pair for pair in list_backups(folder) if _whose(pair[1]) == mine]
    if not found:
        raise BackupError(f"{folder} holds no backup of {mine[1]}.", remedy="Make one: `atlas backup make`.")
    return found[-1]


def superfluous(backups: Sequence[Manifest], *, keep: int = KEEP) -> list[str]:
    """Ids that may go, given manifests oldest first: each database of each server keeps its own."""
    stay: set[str] = set()
    for whose in {_whose(backup) for backup in backups}:
        own = [backup for backup in backups if _whose(backup) == whose]
        proved = [backup.id for backup in own if backup.verified and backup.verified.get("passed")]
        stay |= {backup.id for backup in own[-keep:]} | set(proved[-1:])
    return [backup.id for backup in backups if backup.id not in stay]


def prune(folder: Path, *, keep: int = KEEP) -> list[str]:
    """Remove what is superfluous; returns the ids removed."""
    found = list_backups(folder)
    gone = set(superfluous([manifest for _path, manifest in found], keep=keep))
    for path, manifest in found:
        if manifest.id in gone:
            # Another process may prune the same folder.
            shutil.rmtree(path, ignore_errors=True)
    return sorted(gone)


def _whose(manifest: Manifest) -> tuple[str, str]:
    return manifest.server, manifest.database
