"""Which backups go and which stay: the newest N, and always the newest that was proved by a restore."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.manifest import Manifest, read_manifest

KEEP = 5


def list_backups(folder: Path) -> list[tuple[Path, Manifest]]:
    """Complete backups below `folder`, oldest first; a folder without a readable manifest is no backup."""
    found = []
    for candidate in sorted(folder.iterdir()) if folder.is_dir() else ():
        try:
            found.append((candidate, read_manifest(candidate)))
        except BackupError:
            continue
    return sorted(found, key=lambda pair: pair[1].made_at)


def superfluous(backups: Sequence[Manifest], *, keep: int = KEEP) -> list[str]:
    """Ids that may go, given manifests oldest first."""
    proved = [backup.id for backup in backups if backup.verified and backup.verified.get("passed")]
    stay = {backup.id for backup in backups[-keep:]} | set(proved[-1:])
    return [backup.id for backup in backups if backup.id not in stay]


def prune(folder: Path, *, keep: int = KEEP) -> list[str]:
    """Remove what is superfluous; returns the ids removed."""
    found = list_backups(folder)
    gone = set(superfluous([manifest for _path, manifest in found], keep=keep))
    for path, manifest in found:
        if manifest.id in gone:
            shutil.rmtree(path)
    return sorted(gone)
