"""Two hundred kills of workers, sessions and the server beside real mail and web sinks: nothing lost, nothing twice."""

import os
import sys
from pathlib import Path

import pytest

sys.path += [str(Path(__file__).parents[1] / "worker"), str(Path(__file__).parents[1] / "engine")]


@pytest.mark.skipif(
    os.environ.get("ATLAS_SOAK") != "1",
    reason="./atlas soak runs it; tests/worker/test_kills.py is its sample",
)
def test_two_hundred_kills(tmp_path_factory: pytest.TempPathFactory) -> None:
    from test_kills import trial

    done, words = trial(tmp_path_factory.mktemp("kills"), 200, 10_000)
    print(words)
    assert done == 200
