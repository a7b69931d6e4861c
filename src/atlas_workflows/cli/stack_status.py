"""`atlas status`: what runs, where, and how to log in."""

import json
from typing import Annotated

import typer
from rich.console import Console

from atlas_workflows.cli.stack_view import show_stack
from atlas_workflows.settings import load_settings
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import stack_state

app = typer.Typer()


@app.command()
def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON (no passwords, but where they are).")
    ] = False,
) -> None:
    """Show the local stack; exit 0 when it is ready, 1 otherwise."""
    settings = load_settings()
    paths = StackPaths.of(settings)
    state = stack_state(paths)
    if as_json:
        document = state.to_json() if state else {"stage": "stopped"}
        document |= {"passwords_file": str(paths.secrets / "airflow-passwords.json"), "logs": str(paths.logs)}
        print(json.dumps(document, indent=1))
    elif state is None:
        Console().print("The stack is not running; `./atlas up` or `./atlas demo` starts it.")
    else:
        show_stack(settings, state, Console())
    raise typer.Exit(0 if state is not None and state.stage == "ready" else 1)
