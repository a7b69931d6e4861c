"""The engine's benchmark: what an execution costs beside the floor of its statements and beside peers, latency, waits, floods.

Floor: the same claims and checkpoints with rows that were made beforehand, so without interpreter and without JSON of its own.
Every section runs alone (`--only`), on a server of its own.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from statistics import median
from typing import Any

import structlog

import engine_peers
import engine_waits
from atlas_workflows.engine.advance import start
from atlas_workflows.site import utc_now
from atlas_workflows.worker.model import Batch, Turn
from atlas_workflows.worker.turn import take_turn
from engine_ground import BATCH, FULL, ORGANIZATION, SMALL, Bench, Row, Sizes, bench, verdict

Way = Callable[[Bench, Batch], list[Turn]]


def run(only: Sequence[str] = (), *, quick: bool = False) -> list[Row]:
    """The sections asked for, or all of them; `quick` takes small sizes, which say whether it works and little else."""
    rows: list[Row] = []
    # A line per effect on the terminal would be part of what is measured.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    for name in only or SECTIONS:
        with bench(SMALL if quick else FULL) as found:
            rows += [{"section": name, **row} for row in SECTIONS[name](found)]
    return rows


def costs(found: Bench) -> list[Row]:
    """CPU microseconds per execution of five nodes: ours, the floor, and the interpreter alone; interleaved."""
    ways: dict[str, Way] = {"worker": Bench.turns, "floor": _turns_canned}
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    _round(found, Bench.turns)
    for turn in range(found.sizes.rounds):
        for name in [*ways][:: 1 if turn % 2 else -1]:
            spent[name].append(_round(found, ways[name]))
    worker, floor = (_cost(name, pairs, found.sizes) for name, pairs in spent.items())
    ratio = worker["total"] / floor["total"]
    bar = {"ratio to floor": round(ratio, 2), "must be": "at most 2.5", "verdict": verdict(ratio <= 2.5)}
    return [worker | bar, floor, _interpreter(found)]


def _round(found: Bench, turns: Way) -> tuple[float, float]:
    many = found.sizes.executions
    found.enqueue(many)
    client, server = time.process_time(), found.server_cpu()
    batch, done = found.executions.checkpoint((), BATCH)[0], 0
    while batch.claimed:
        done += len(batch.claimed)
        batch = found.executions.checkpoint(turns(found, batch), BATCH)[0]
    assert done == many
    return time.process_time() - client, found.server_cpu() - server


def _turns_canned(found: Bench, batch: Batch) -> list[Turn]:
    """The first execution's turn, under the names of all others."""
    first, *others = batch.claimed
    turn = take_turn(first, found.definitions.program(first.organization, first.workflow, 1), batch.now)
    return [turn, *(replace(turn, claimed=claimed) for claimed in others)]


def _cost(name: str, pairs: Sequence[tuple[float, float]], sizes: Sizes) -> Row:
    client, server = (median(part) / sizes.executions * 1e6 for part in zip(*pairs, strict=True))
    row: Row = {
        "measure": "µs of CPU per execution",
        "who": name,
        "client": round(client),
        "server": round(server),
    }
    return {**row, "total": round(client + server)}


def _interpreter(found: Bench) -> Row:
    program = found.definitions.program(ORGANIZATION, found.workflow, 1)
    assert program is not None
    data = {"contact": {"name": "Ana", "tags": ["trial"], "score": 40}}
    times = []
    for _ in range(found.sizes.rounds):
        began = time.process_time()
        for _ in range(found.sizes.executions):
            start(program, "t", data, utc_now(), execution="x", subject="c")
        times.append((time.process_time() - began) / found.sizes.executions * 1e6)
    return {"measure": "of which the interpreter", "client": round(median(times))}


SECTIONS: dict[str, Callable[[Bench], list[dict[str, Any]]]] = {
    "cost": costs,
    "peers": engine_peers.costs,
    "latency": engine_peers.latency,
    "action": engine_waits.event_to_first_action,
    "due": engine_waits.due_after_a_restart,
    "parked": engine_waits.claims_beside_parked,
    "flood": engine_waits.beside_a_flood,
    "memory": engine_waits.memory,
}
