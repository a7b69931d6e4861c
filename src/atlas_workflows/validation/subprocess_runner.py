"""Runs suites in a process of its own, so that the quarter of a gigabyte that the library takes is given back after them.

That process imports the library once, which takes seconds, then forks itself for each suite; it ends with the one that
asks, or when nothing was asked for IDLE_SECONDS. A plain program with pipes: multiprocessing would import the caller's
main program, which fails within an Airflow task, and may not start a process at all within a Celery worker.
"""

import atexit
import gc
import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from select import select
from threading import Lock
from typing import IO, Any

from atlas_workflows.errors import PhaseError
from atlas_workflows.interpreter import python
from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.library import load_pages
from atlas_workflows.validation.results import ExpectationResult
from atlas_workflows.validation.runner import run_suite
from atlas_workflows.validation.suites import Suite

IDLE_SECONDS = 30.0
LENGTH_BYTES = 8
COMMAND = python("-m", "atlas_workflows.validation.subprocess_runner")


class _Runner:
    """The process, as the asking side knows it. One question at a time."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.child: subprocess.Popen[bytes] | None = None

    def ask(self, question: bytes) -> bytes:
        """The answer; empty where the suite's process was killed."""
        with self.lock:
            if self.child is not None:
                answer = self._answer(self.child, question)
                if answer is not None:
                    return answer
                self.leave()  # it had ended, as nothing was asked for a while
            # In a process group of its own: Ctrl-C is meant for the one that asks, with which this one ends.
            self.child = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, process_group=0
            )
            return self._answer(self.child, question) or b""

    def leave(self) -> None:
        """Let go of the process, which ends by that."""
        child, self.child = self.child, None
        if child is not None:
            _close(child)
            child.wait()

    def forget(self) -> None:
        """In a fork of the asking process: what was started belongs to the other one."""
        child, self.child, self.lock = self.child, None, Lock()
        if child is not None:
            _close(child)
            child.returncode = 0  # it is no child of this process; nobody waits for it here

    @staticmethod
    def _answer(child: "subprocess.Popen[bytes]", question: bytes) -> bytes | None:
        """None where the process is not there any more."""
        questions, answers = child.stdin, child.stdout
        if questions is None or answers is None:
            raise AssertionError("both are pipes")
        try:
            _send(questions, question)
        except BrokenPipeError:
            return None
        return _receive(answers)


_RUNNER = _Runner()
os.register_at_fork(after_in_child=_RUNNER.forget)
atexit.register(_RUNNER.leave)


def run_in_subprocess(
    suite: Suite, data: Frames | Queries, docs: Path | None = None, keys: Path | None = None
) -> list[ExpectationResult]:
    """What `run_suite` finds, and raises. Raises PhaseError when the process is killed."""
    folders = [folder and folder.absolute() for folder in (docs, keys)]
    answer = _RUNNER.ask(pickle.dumps((dict(os.environ), pickle.dumps((suite, data, *folders)))))
    if not answer:
        raise PhaseError(
            f"The process that ran the suite {suite.name} was killed.",
            remedy="Look for the reason in the system's log (often too little memory), then run the same command again.",
        )
    found = pickle.loads(answer)  # noqa: S301 - from our own child
    if isinstance(found, Exception):
        raise found
    results: list[ExpectationResult] = found
    return results


def _close(child: "subprocess.Popen[bytes]") -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except BrokenPipeError:
                continue  # what could not be sent any more


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(len(message).to_bytes(LENGTH_BYTES) + message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """The next message; None at the end of the pipe."""
    length = pipe.read(LENGTH_BYTES)
    if len(length) < LENGTH_BYTES:
        return None
    message = pipe.read(int.from_bytes(length))
    return message if len(message) == int.from_bytes(length) else None


def _serve(questions: IO[bytes], answers: IO[bytes]) -> None:
    """The other side: answers until the asking process is gone or has not asked for a while."""
    load_pages()
    gc.freeze()  # collections in the forks need not look through the library, which would copy its memory as well
    while select([questions], [], [], IDLE_SECONDS)[0]:
        question = _receive(questions)
        if question is None:
            return
        _send(answers, _answered_apart(question, questions))


def _answered_apart(question: bytes, questions: IO[bytes]) -> bytes:
    """The answer of a fork; empty where it was killed. Ends at once with the process that asked."""
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(readable)
        _answer(question, writable)
    os.close(writable)
    answer = b""
    with os.fdopen(readable, "rb", buffering=0) as pipe:
        while True:
            # Nothing follows a question, so whatever can be read there is its end.
            if questions in select([questions, pipe], [], [])[0]:
                os.kill(pid, signal.SIGKILL)
                os._exit(1)
            part = pipe.read(1 << 20)
            if not part:
                break
            answer += part
    return answer if os.waitpid(pid, 0)[1] == 0 else b""


def _answer(question: bytes, answers: int) -> None:
    """Results, or the exception, into the pipe `answers`; then this process ends."""
    found: Any
    environment, asked = pickle.loads(question)  # noqa: S301 - from our own parent
    os.environ.clear()
    os.environ.update(environment)
    try:
        suite, data, docs, keys = pickle.loads(asked)  # noqa: S301
        found = run_suite(suite, data, docs, keys)
    except Exception as cause:
        found = cause
    with os.fdopen(answers, "wb") as pipe:
        pipe.write(pickle.dumps(found))
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    own_answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what the library prints must not get among the answers
    _serve(sys.stdin.buffer, own_answers)
