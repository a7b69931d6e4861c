"""Shows a step's progress in the task's log and as XCom `progress`, not oftener than people can read."""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from time import monotonic
from typing import Any

from atlas_workflows.site import Progress, ProgressSink

log = logging.getLogger("atlas.progress")
SHOWN_EVERY_SECONDS = 2.0
Push = Callable[[str, Any], None]


def describe(progress: Progress) -> str:
    """One line: what, how many of how many, how fast, how long still."""
    parts = [f"{progress.step} {progress.subject}".strip(), _count(progress)]
    if progress.rows_per_second:
        parts.append(f"{progress.rows_per_second:,.0f}/s")
    if progress.eta_seconds is not None:
        parts.append(f"{timedelta(seconds=round(progress.eta_seconds))} to go")
    if progress.message:
        parts.append(progress.message)
    return ", ".join(part for part in parts if part)


def task_sink(push: Push, *, clock: Callable[[], float] = monotonic) -> ProgressSink:
    """A sink that logs and pushes at most every two seconds per subject; the last of a subject is always shown."""
    shown: dict[tuple[str, str], float] = {}

    def sink(progress: Progress) -> None:
        key = (progress.step, progress.subject)
        finished = progress.total is not None and progress.done >= progress.total
        if not finished and clock() - shown.get(key, float("-inf")) < SHOWN_EVERY_SECONDS:
            return
        shown[key] = clock()
        log.info(describe(progress))
        push("progress", asdict(progress))

    return sink


def _count(progress: Progress) -> str:
    if progress.total is None:
        return f"{progress.done:,}" if progress.done else ""
    return f"{progress.done:,} of {progress.total:,}"
