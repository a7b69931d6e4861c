"""What a backup says about itself: manifest.json beside the files, with counts, checksums and file hashes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from atlas_workflows.errors import BackupError
from atlas_workflows.migration.backup.sequences import SequenceState
from atlas_workflows.migration.backup.tables import TableState

MANIFEST = "manifest.json"
FORMAT = "atlas.backup/1"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`kind` is `pg_dump` (directory format) or `copy`; sizes in bytes; `verified` is None until a restore proved it.

    `server` and `database` say whose backup it is: those of others are no reason to remove one.
    """

    id: str
    kind: str
    server: str
    database: str
    server_version: str
    made_with: str
    made_at: datetime
    snapshot: str
    tables: tuple[TableState, ...]
    files: dict[str, str]
    size: int
    encrypted: bool = False
    verified: dict[str, Any] | None = None
    sequences: tuple[SequenceState, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "format": FORMAT, "id": self.id, "kind": self.kind, "server": self.server,
            "database": self.database,
            "server_version": self.server_version, "made_with": self.made_with, "made_at": self.made_at.isoformat(),
            "snapshot": self.snapshot, "encrypted": self.encrypted, "size": self.size,
            "tables": [state.to_json() for state in self.tables], "files": self.files, "verified": self.verified,
            "sequences": [state.to_json() for state in self.sequences],
        }  # fmt: skip

    def with_verification(self, findings: dict[str, Any]) -> "Manifest":
        return replace(self, verified=findings)


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write manifest.json, mode 0600, in one step: a reader sees the old one or the new one."""
    draft = folder / f".{MANIFEST}"
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(manifest.to_json(), indent=2))
    draft.replace(folder / MANIFEST)


def read_manifest(folder: Path) -> Manifest:
    """Read it back. Raises BackupError when the folder holds no complete backup."""
    try:
        document = json.loads((folder / MANIFEST).read_text())
        return Manifest(
            id=document["id"], kind=document["kind"],
            # Backups made before servers were told apart are a group of their own.
            server=document.get("server", ""), database=document["database"],
            server_version=document["server_version"], made_with=document["made_with"],
            made_at=datetime.fromisoformat(document["made_at"]), snapshot=document["snapshot"],
            tables=tuple(TableState.from_json(state) for state in document["tables"]), files=document["files"],
            size=document["size"], encrypted=document["encrypted"], verified=document["verified"],
            sequences=tuple(SequenceState(**state) for state in document.get("sequences", ())),
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise BackupError(
            f"{folder} holds no complete backup.", remedy="Name a folder that `atlas backup list` shows."
        ) from cause


def hash_files(folder: Path) -> dict[str, str]:
    """sha256 hex of every file below `folder` except the manifest, by relative path."""
    return {str(path.relative_to(folder)): _sha256(path) for path in _files(folder)}


def total_size(folder: Path) -> int:
    """Bytes of all files below `folder` except the manifest."""
    return sum(path.stat().st_size for path in _files(folder))


def require_unchanged_files(folder: Path, manifest: Manifest) -> None:
    """Raise BackupError naming the first file that is missing, changed or not in the manifest."""
    now = hash_files(folder)
    for name in sorted(manifest.files.keys() | now.keys()):
        if manifest.files.get(name) != now.get(name):
            state = "missing" if name not in now else "new" if name not in manifest.files else "changed"
            raise BackupError(
                f"Backup {manifest.id}: the file {name} is {state}.",
                remedy="Do not restore it; take an older backup.",
            )


def _files(folder: Path) -> Iterable[Path]:
    return (
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name.removeprefix(".") != MANIFEST
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
