"""The benchmark of recurring workflows: reading and serialising their DAGs beside dag-factory, and a real scheduler.

Every section runs alone (`--only`). Readings are CPU seconds of a fresh process each, interleaved, medians of the rounds.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import psutil

import schedule_ground
import schedule_live
from atlas_workflows.settings import ROOT
from atlas_workflows.supervision.airflow_environment import NO_TELEMETRY
from contest import Contest, measure
from engine_ground import Row, verdict

BAR_AT = 1_000  # workflows at which ours may take at most this share of dag-factory's time
BAR = 0.6
ONE_MS = 50
IMPORT_SECONDS = "900"  # the default of 30 ends dag-factory at 5 000 workflows
CRONS = ("0 9 * * 1-5", "*/15 6-22 * * *", "0 9 L * *")


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything. `spread`: DAGs and seconds; `load`: DAGs, and seconds for which they are watched."""

    workflows: tuple[int, ...] = (1_000, 5_000)
    rounds: int = 3
    fires: int = 1_000
    spread: tuple[int, float] = (200, 900.0)
    instant: int = 200
    load: tuple[int, float] = (1_000, 180.0)


FULL = Sizes()
SMALL = Sizes((20,), 1, 50, (6, 12.0), 6, (20, 10.0))


def run(only: Sequence[str] = (), *, quick: bool = False, seconds: float | None = None) -> list[Row]:
    """The sections asked for, or all of them; `seconds` is another spread than fifteen minutes."""
    sizes = SMALL if quick else FULL
    if seconds is not None:
        sizes = replace(sizes, spread=(sizes.spread[0], seconds))
    before = os.getloadavg()[0]
    rows = [{"section": name, **row} for name in only or SECTIONS for row in SECTIONS[name](sizes)]
    return [*rows, _machine(before)]


def read(sizes: Sizes) -> list[Row]:
    """All DAG files, as the DAG processor reads them: ours and dag-factory's, in turns."""
    return [row for many in sizes.workflows for row in _contest(many, sizes.rounds)]


def _contest(many: int, rounds: int) -> Iterator[Row]:
    costs: dict[str, list[Row]] = {"ours": [], "theirs": []}
    with _folders(many) as folders:
        for turn in range(rounds):
            for who in [*costs][:: 1 if turn % 2 else -1]:
                costs[who].append(_read(folders[who], peer=who == "theirs"))
    assert all(cost["dags"] == many for found in costs.values() for cost in found)
    for what in ("read", "serialised"):
        ours, theirs = ([cost[what] for cost in costs[who]] for who in costs)
        yield _compared(f"{many} workflows {what}, s of CPU", ours, theirs, what == "read" and many == BAR_AT)
    both = ([cost["read"] + cost["serialised"] for cost in costs[who]] for who in costs)
    yield _compared(f"{many} workflows, both", *both)


def _compared(name: str, ours: Sequence[float], theirs: Sequence[float], has_bar: bool = False) -> Row:
    ratios = sorted(one / other for one, other in zip(ours, theirs, strict=True))
    row: Row = {"measure": name, "ours": round(median(ours), 2), "dag-factory": round(median(theirs), 2)}
    row |= {"ratio": round(median(ratios), 2), "ratio_range": [round(ratios[0], 2), round(ratios[-1], 2)]}
    if has_bar:
        row |= {"must be": f"at most {BAR}", "verdict": verdict(median(ratios) <= BAR)}
    return row


def one(sizes: Sizes) -> list[Row]:
    """A starting task, which reads its own file and builds its own DAG."""
    return [_one(many, sizes.rounds) for many in sizes.workflows]


def _one(many: int, rounds: int) -> Row:
    with _folders(many, ("ours",)) as folders:
        names = [entry.dag_id for entry in schedule_ground.entries(many)][:: max(1, many // rounds)][:rounds]
        costs = [_read(folders["ours"], name) for name in names]
    warm, cold = (round(median(cost[kind] for cost in costs), 1) for kind in ("warm", "cold"))
    bar = {"must be": f"under {ONE_MS}", "verdict": verdict(warm < ONE_MS)}
    name = f"a starting task among {many}, ms of CPU"
    return {"measure": name, "ours": warm, "with our modules imported for the first time": cold, **bar}


def occurrences(sizes: Sizes) -> list[Row]:
    """How many occurrences `schedule` computes, beside croniter, which knows no change of the clocks."""
    return [
        row for expression in CRONS for row in measure(_fires(expression, sizes.fires), rounds=sizes.rounds)
    ]


def _fires(expression: str, many: int) -> Contest:
    from rules import schedule_contest

    return schedule_contest(expression, many)


def _read(folder: Path, *dag_id: str, peer: bool = False) -> Row:
    home = folder.parent / "airflow"
    path = os.pathsep.join([str(schedule_ground.peer_folder())] if peer else [])
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHON"))}
    env |= NO_TELEMETRY | {"AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    env |= {"AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": IMPORT_SECONDS}
    env |= {"AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"), "PYTHONPATH": path, "PYTHONTZPATH": ""}
    program = [sys.executable, str(Path(__file__).with_name("schedule_reader.py")), str(folder), *dag_id]
    done = subprocess.run(program, env=env, text=True, capture_output=True)
    if done.returncode != 0:
        raise AssertionError(done.stderr[-2000:])
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _folders(many: int, whose: Sequence[str] = ("ours", "theirs")) -> Iterator[dict[str, Path]]:
    """DAG files of so many workflows; read once beforehand, so that nobody pays for compiling modules."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    lay = {"ours": schedule_ground.lay_ours, "theirs": schedule_ground.lay_theirs}
    try:
        for name, entries in (("few", schedule_ground.entries(2)), ("all", schedule_ground.entries(many))):
            for who in whose:
                lay[who](entries, folder / f"{name}-{who}")
        for who in whose:
            _read(folder / f"few-{who}", peer=who == "theirs")
        yield {who: folder / f"all-{who}" for who in whose}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _machine(before: float) -> Row:
    after = os.getloadavg()[0]
    name = f"the machine: {psutil.cpu_count()} cores, {psutil.virtual_memory().total / 2**30:.0f} GiB; load before and after"
    return {"section": "machine", "measure": name, "ours": [round(before, 1), round(after, 1)]}


SECTIONS: dict[str, Callable[[Sizes], list[Row]]] = {
    "read": read,
    "one": one,
    "occurrences": occurrences,
    "spread": lambda sizes: schedule_live.spread(*sizes.spread),
    "instant": lambda sizes: schedule_live.instant(sizes.instant),
    "swept": lambda sizes: schedule_live.swept(sizes.instant),
    "load": lambda sizes: schedule_live.load(*sizes.load),
}
