"""Runs a suite in a process of its own, so that the quarter of a gigabyte that the library takes is given back after it.

A plain program with pipes: multiprocessing would import the caller's main program, which fails within an Airflow task,
and may not start a process at all within a Celery worker.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path
from threading import Thread
from typing import IO

from atlas_workflows.errors import PhaseError
from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.results import ExpectationResult
from atlas_workflows.validation.runner import run_suite
from atlas_workflows.validation.suites import Suite

LENGTH_BYTES = 8


def run_in_subprocess(
    suite: Suite, data: Frames | Queries, docs: Path | None = None
) -> list[ExpectationResult]:
    """What `run_suite` finds, and raises. Raises PhaseError when the process is killed."""
    command = [sys.executable, "-m", "atlas_workflows.validation.subprocess_runner"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        try:
            answer = _asked(child, pickle.dumps((suite, data, docs)))
        except BrokenPipeError:
            answer = b""
    if child.returncode != 0 or not answer:
        raise PhaseError(
            f"The process that ran the suite {suite.name} was killed.",
            remedy="Look for the reason in the system's log (often too little memory), then run the same command again.",
        )
    found = pickle.loads(answer)  # noqa: S301 - from our own child
    if isinstance(found, Exception):
        raise found
    results: list[ExpectationResult] = found
    return results


def _asked(child: "subprocess.Popen[bytes]", question: bytes) -> bytes:
    questions, answers = child.stdin, child.stdout
    if questions is None or answers is None:
        raise AssertionError("both are pipes")
    questions.write(len(question).to_bytes(LENGTH_BYTES) + question)
    questions.flush()
    return answers.read()  # the question's pipe stays open: its end is how the child learns of ours


def _answer(questions: IO[bytes], answers: IO[bytes]) -> None:
    """The other side: one question in, results or the exception out."""
    question = questions.read(int.from_bytes(questions.read(LENGTH_BYTES)))
    Thread(target=_end_with_parent, args=(questions.fileno(),), daemon=True).start()
    suite, data, docs = pickle.loads(question)  # noqa: S301 - from our own parent
    found: list[ExpectationResult] | Exception
    try:
        found = run_suite(suite, data, docs)
    except Exception as cause:
        found = cause
    answers.write(pickle.dumps(found))
    answers.flush()


def _end_with_parent(questions: int) -> None:
    os.read(questions, 1)  # nothing follows a question, so this returns when the parent is gone
    os._exit(1)


if __name__ == "__main__":
    own_answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints must not get among the answers
    _answer(sys.stdin.buffer, own_answers)
