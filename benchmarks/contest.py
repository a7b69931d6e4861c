"""Measures contestants side by side: interleaved rounds of CPU time, medians, ratios."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any

ROUNDS = 7
SECONDS = 0.2  # of CPU per contestant and round
WARM_UP = 50


@dataclass(frozen=True, slots=True)
class Contest:
    """The same work done by us and by peers. `units`: how much of `unit` one call does."""

    name: str
    unit: str
    ours: Callable[[], Any]
    peers: Mapping[str, Callable[[], Any]]
    units: int = 1


def measure(contest: Contest, *, rounds: int = ROUNDS, seconds: float = SECONDS) -> list[dict[str, Any]]:
    """One row per peer (one with peer null where there is none): medians per second, their ratio and its range."""
    contestants = {"ours": contest.ours, **contest.peers}
    calls = {name: _calls(work, seconds) for name, work in contestants.items()}
    rates: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds):
        names = list(contestants)
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            rates[name].append(calls[name] * contest.units / _cpu_seconds(contestants[name], calls[name]))
    return [_row(contest, rates, peer) for peer in contest.peers or [None]]


def _row(contest: Contest, rates: dict[str, list[float]], peer: str | None) -> dict[str, Any]:
    row = {
        "measure": contest.name,
        "unit": f"{contest.unit}/s",
        "ours": round(median(rates["ours"])),
        "peer": peer,
    }
    if peer is None:
        return {**row, "theirs": None, "ratio": None, "ratio_range": None}
    ratios = [ours / theirs for ours, theirs in zip(rates["ours"], rates[peer], strict=True)]
    return {
        **row,
        "theirs": round(median(rates[peer])),
        "ratio": round(median(ratios), 2),
        "ratio_range": [round(min(ratios), 2), round(max(ratios), 2)],
    }


def _calls(work: Callable[[], Any], seconds: float) -> int:
    return max(1, int(WARM_UP * seconds / max(_cpu_seconds(work, WARM_UP), 1e-6)))


def _cpu_seconds(work: Callable[[], Any], calls: int) -> float:
    """CPU time, because the neighbours of a shared machine do not show in it; without the garbage collector."""
    gc.collect()
    gc.disable()
    try:
        started = time.process_time()
        for _ in range(calls):
            work()
        return max(time.process_time() - started, 1e-9)
    finally:
        gc.enable()
