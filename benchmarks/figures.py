"""One figure of a benchmark: medians, and ratios of contestants of the same round on the same data."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any


def timed(work: Callable[[], Any]) -> float:
    """Seconds that the work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def figure(
    name: str, unit: str, ours: Sequence[float], peer: str | None = None, theirs: Sequence[float] = ()
) -> dict[str, Any]:
    """The figure as the table shows it."""
    ratios = [a / b for a, b in zip(ours, theirs, strict=False)]
    return {
        "measure": name,
        "unit": unit,
        "ours": round(median(ours)),
        "peer": peer,
        "theirs": round(median(theirs)) if theirs else None,
        "ratio": round(median(ratios), 2) if ratios else None,
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)] if ratios else None,
    }
