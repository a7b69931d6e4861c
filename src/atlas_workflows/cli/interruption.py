"""Ctrl-C: a quiet end, with one line that says how to go on."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

GO_ON = "the same command continues or begins anew."


class Interrupted(BaseException):
    """Somebody pressed Ctrl-C. typer would make exit status 1 of a KeyboardInterrupt."""

    def __init__(self, go_on: str = GO_ON) -> None:
        super().__init__(go_on)
        self.line = f"Interrupted; {go_on}"


@contextmanager
def continued_by(go_on: str) -> Iterator[None]:
    """Ctrl-C within the block is told with these words."""
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted(go_on) from None


def make_quiet(command: Any) -> Any:
    """The typer command or group, whose every callback turns Ctrl-C into Interrupted."""
    for member in getattr(command, "commands", {}).values():
        make_quiet(member)
    if command.callback is not None:
        command.callback = _quiet(command.callback)
    return command


def _quiet(callback: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(callback)
    def run(*given: Any, **named: Any) -> Any:
        with continued_by(GO_ON):
            return callback(*given, **named)

    return run
