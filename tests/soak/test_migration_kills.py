"""The migration killed a hundred times per shape, by the process group or the leader alone, ends where an undisturbed one does."""

import os
import sys
from pathlib import Path

import pytest

from atlas_workflows.db.server import EmbeddedServer

sys.path.insert(0, str(Path(__file__).parents[1] / "migration"))
from test_kill_and_continue import kill_and_continue

SOAKING = os.environ.get("ATLAS_SOAK") == "1"
KILLS = 100 if SOAKING else 1


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "workers"), [("A", 1), ("A", 2), ("B", 1), ("B", 2)])
def test_a_hundred_kills(pg_server: EmbeddedServer, tmp_path: Path, shape: str, workers: int) -> None:
    if not SOAKING:
        pytest.skip("three kills per shape run with the tests; a hundred in ./atlas soak")
    kill_and_continue(pg_server, tmp_path, shape, workers, KILLS)
