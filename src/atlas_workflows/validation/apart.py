"""Runs a suite in a process of its own, so that the quarter of a gigabyte that the library takes is given back after it."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from atlas_workflows.errors import PhaseError
from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.results import ExpectationResult
from atlas_workflows.validation.runner import run_suite
from atlas_workflows.validation.suites import Suite


def run_apart(suite: Suite, data: Frames | Queries, docs: Path | None = None) -> list[ExpectationResult]:
    """What `run_suite` finds, and raises. Raises PhaseError when the process is killed."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        try:
            return pool.submit(run_suite, suite, data, docs).result()
        except BrokenProcessPool as cause:
            raise PhaseError(
                f"The process that ran the suite {suite.name} was killed.",
                remedy="Look for the reason in the system's log (often too little memory), then run the same command again.",
            ) from cause
