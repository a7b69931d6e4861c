"""`atlas logs`: the logs of the local stack's processes."""

import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, TextIO

import typer

from atlas_workflows.cli.terminal import without_colours
from atlas_workflows.errors import InputError
from atlas_workflows.settings import load_settings
from atlas_workflows.supervision.paths import StackPaths

app = typer.Typer()


@app.command()
def logs(
    name: Annotated[str | None, typer.Argument(help="One process only, for example scheduler.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Keep printing as lines come.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of the last lines.", min=0)] = 40,
) -> None:
    """Print the last lines of each log, with the process's name in front."""
    files = log_files(StackPaths.of(load_settings()), name)
    with ExitStack() as stack:
        opened = {file.stem: stack.enter_context(file.open(errors="replace")) for file in files}
        for stem, handle in opened.items():
            for line in handle.readlines()[-lines:] if lines else []:
                print(f"{stem:>13} | {without_colours(line)}", end="")
            handle.seek(0, 2)
        for line in _new_lines(opened) if follow else ():
            print(line, end="", flush=True)


def log_files(paths: StackPaths, name: str | None) -> list[Path]:
    """The log of `name`, or all logs. Raises InputError naming those that exist."""
    every = sorted(paths.logs.glob("*.log"))
    chosen = [file for file in every if name is None or file.stem == name]
    if not chosen:
        known = ", ".join(file.stem for file in every) or "none yet; start the stack first"
        raise InputError(f"There is no log of {name or 'the stack'}.", remedy=f"Logs: {known}.")
    return chosen


def _new_lines(opened: Mapping[str, TextIO]) -> Iterator[str]:
    while True:
        fresh = [
            f"{stem:>13} | {without_colours(line)}" for stem, handle in opened.items() for line in handle
        ]
        yield from fresh
        if not fresh:
            time.sleep(0.3)
