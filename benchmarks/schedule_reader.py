"""Reads DAG files as Airflow's DAG processor does, one forked process for each, and prints what that cost.

`python schedule_reader.py FOLDER [DAG_ID]`: a line of JSON with the CPU seconds of reading and of serialising, and how many
DAGs there were. With DAG_ID as a starting task reads them: its own file, its own DAG; milliseconds, first and second time.
"""

import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from airflow.dag_processing.dagbag import BundleDagBag
from airflow.providers.standard.operators import python as _warm  # noqa: F401  # the DAG processor's parent has it
from airflow.serialization.serialized_objects import DagSerialization


def read_all(folder: Path) -> dict[str, float]:
    """All files of the folder; a process each, so that what it imports is paid for by each."""
    costs = [json.loads(_in_a_child(lambda file=file: _cost(file))) for file in _dag_files(folder)]
    return {name: sum(cost[name] for cost in costs) for name in costs[0]}


def read_one(folder: Path, dag_id: str) -> dict[str, float]:
    """What a task of this DAG does first, in a process that knows nothing of us yet, and then once more."""
    os.environ["_AIRFLOW_PARSING_CONTEXT_DAG_ID"] = dag_id
    workflow = dag_id.split(".")[1]
    file = next(file for file in _dag_files(folder) if workflow in file.with_suffix(".json").read_text())
    cold = _timed(lambda: _bag(file))
    warm = min((_timed(lambda: _bag(file)) for _ in range(5)), key=lambda timed: timed[0])
    assert list(warm[1].dags) == [dag_id], warm[1].import_errors
    return {"cold": cold[0] * 1e3, "warm": warm[0] * 1e3}


def _cost(file: Path) -> dict[str, float]:
    read, bag = _timed(lambda: _bag(file))
    serialised, documents = _timed(lambda: [DagSerialization.to_dict(dag) for dag in bag.dags.values()])
    size = sum(len(json.dumps(document)) for document in documents)
    return {"read": read, "serialised": serialised, "dags": len(documents), "bytes": size}


def _bag(file: Path) -> BundleDagBag:
    bag = BundleDagBag(
        dag_folder=str(file), bundle_path=file.parent, bundle_name="bench", load_op_links=False
    )
    assert not bag.import_errors, bag.import_errors
    return bag


def _dag_files(folder: Path) -> Iterator[Path]:
    return iter(sorted(folder.glob("*.py")))


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU time, because the neighbours of a shared machine do not show in it."""
    began = time.process_time()
    done = work()
    return time.process_time() - began, done


def _in_a_child(work: Callable[[], Any]) -> str:
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            with os.fdopen(writing, "w") as out:
                out.write(json.dumps(work()))
            os._exit(0)
        except BaseException:  # it is a copy of the process, which must not go on
            traceback.print_exc()
            os._exit(1)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    if os.waitpid(child, 0)[1] != 0:
        sys.exit("a DAG file could not be read")
    return text


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    where = Path(sys.argv[1])
    print(json.dumps(read_one(where, sys.argv[2]) if len(sys.argv) > 2 else read_all(where)))
