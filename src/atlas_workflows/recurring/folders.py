"""A folder for each version of the snapshot, with a copy of the DAG file beside each part; those long out of use are removed."""

import os
import shutil
import time
from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from atlas_workflows.recurring.snapshot import Snapshot

KEPT = timedelta(days=1)


def lay_down(snapshot: Snapshot, dag_file: Path, folder: Path) -> None:
    """Make `folder` whole or not at all; one that is there is noted as in use."""
    if folder.exists():
        os.utime(folder)
        return
    fresh = folder.with_name(f".{folder.name}.{os.getpid()}")
    fresh.mkdir(parents=True, exist_ok=True)
    for name, part in _named(dag_file.stem, snapshot.parts()):
        (fresh / f"{name}.py").write_bytes(dag_file.read_bytes())
        (fresh / f"{name}.json").write_text(part.text(), encoding="utf-8")
    try:
        fresh.rename(folder)
    except OSError:  # another process was quicker, with the same content
        if not folder.exists():
            raise
        shutil.rmtree(fresh)


def point(link: Path, folder: Path) -> None:
    """Let `link` lead to `folder`, at once; its files are then as new as the change, which is what Airflow goes by."""
    if link.is_symlink() and link.readlink() == folder:
        return
    for file in folder.iterdir():
        os.utime(file)
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(folder, target_is_directory=True)
    fresh.replace(link)


def clear_out(folder: Path, in_use: Collection[str]) -> list[str]:
    """Remove the versions that were last used more than KEPT ago, and what killed processes left; returns their names."""
    past = time.time() - KEPT.total_seconds()
    old = [each for each in folder.iterdir() if each.name not in in_use and each.stat().st_mtime < past]
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return sorted(each.name for each in old)


def _named(stem: str, parts: Sequence[Snapshot]) -> Iterable[tuple[str, Snapshot]]:
    if len(parts) == 1:
        return [(stem, parts[0])]
    return [(f"{stem}_{len(parts)}_{number}", part) for number, part in enumerate(parts)]
