"""Runs a suite in a process of its own, so that the quarter of a gigabyte that the library takes is given back after it."""

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from atlas_workflows.errors import PhaseError
from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.results import ExpectationResult
from atlas_workflows.validation.runner import run_suite
from atlas_workflows.validation.suites import Suite


def run_apart(suite: Suite, data: Frames | Queries, docs: Path | None = None) -> list[ExpectationResult]:
    """What `run_suite` finds, and raises. Raises PhaseError when the process is killed."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            with _without_main():
                found = pool.submit(run_suite, suite, data, docs)
            return found.result()
        except BrokenProcessPool as cause:
            raise PhaseError(
                f"The process that ran the suite {suite.name} was killed.",
                remedy="Look for the reason in the system's log (often too little memory), then run the same command again.",
            ) from cause


@contextmanager
def _without_main() -> Iterator[None]:
    """A new process imports its parent's main program. Within a task that is Airflow, whose import fails there:

    a task is kept from Airflow's database by an address that cannot be parsed. The suite needs none of it.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
