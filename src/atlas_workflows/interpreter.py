"""How a Python of our own is started: none imports what lies in the folder where somebody happens to stand."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context, resource_tracker
from multiprocessing.context import SpawnContext

# `python -m …` and the `python -c …` of multiprocessing put the working directory in front of all that they import from.
SAFE_PATH = {"PYTHONSAFEPATH": "1"}
# For a pool that is made before the block of `spawning` in which it starts its processes.
SPAWN = get_context("spawn")


def python(*words: str) -> tuple[str, ...]:
    """The command for this interpreter, with the working directory left out of what it imports from."""
    return (sys.executable, "-P", *words)


@contextmanager
def spawning() -> Iterator[SpawnContext]:
    """multiprocessing's spawn; what is started in the block has a safe path and does not hear the terminal's Ctrl-C.

    That is for the one that started it, which hears it behind the block, and ends the others.
    """
    noted = os.environ.get("PYTHONSAFEPATH")
    os.environ.update(SAFE_PATH)
    resource_tracker.ensure_running()  # which unblocks the signal when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield SPAWN
    finally:
        if noted is None:
            del os.environ["PYTHONSAFEPATH"]
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
