"""`atlas status`: what runs, where, and how to log in."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console

from atlas_workflows.cli.left_behind import left_line
from atlas_workflows.cli.stack_view import show_stack
from atlas_workflows.db.connect import connect
from atlas_workflows.migration.backup.scratch import Abandoned, abandoned
from atlas_workflows.settings import load_settings
from atlas_workflows.supervision.crm import address_of_sample
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import stack_state
from atlas_workflows.supervision.standing import Standing, look

app = typer.Typer()


@app.command()
def status(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON (no passwords, but where they are).")
    ] = False,
) -> None:
    """Show the local stack; exit 0 when Airflow, its PostgreSQL and the CRM are ready, 1 otherwise."""
    settings = load_settings()
    paths = StackPaths.of(settings)
    state = stack_state(paths)
    standing = look(paths, state) if state else None
    left = _left_behind(standing)
    if as_json:
        document = state.to_json() if state else {"stage": "stopped"}
        document |= _as_json(standing) | {"left_behind": [asdict(item) for item in left]}
        if state and (address := address_of_sample(paths, state.postgres_port)):
            document["connect"] = address
        document |= {"passwords_file": str(paths.secrets / "airflow-passwords.json"), "logs": str(paths.logs)}
        print(json.dumps(document, indent=1))
    elif state is None or standing is None:
        Console().print("The stack is not running; `./atlas up` or `./atlas demo` starts it.")
    else:
        show_stack(settings, state, standing, Console())
        for item in left:
            print(f"Left    {left_line(item)}")
    raise typer.Exit(0 if standing is not None and standing.is_good else 1)


def _left_behind(standing: Standing | None) -> tuple[Abandoned, ...]:
    if standing is None or standing.crm_dsn is None:
        return ()
    with connect(standing.crm_dsn, application_name="atlas-status", autocommit=True) as connection:
        return abandoned(connection)


def _as_json(standing: Standing | None) -> dict[str, Any]:
    if standing is None:
        return {"ready": False, "not_ready": ["it is not running"]}
    return {
        "ready": standing.is_good,
        "not_ready": list(standing.missing),
        "postgresql": asdict(standing.postgres),
    }
