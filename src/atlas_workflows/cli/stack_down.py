"""`atlas down`: stop the local stack and leave nothing running."""

import typer
from rich.console import Console

from atlas_workflows.settings import load_settings
from atlas_workflows.supervision.stack import stop_stack

app = typer.Typer()


@app.command()
def down() -> None:
    """Stop workers (what they have in hand is finished), Airflow and the embedded PostgreSQL; data, logs and secrets stay."""
    console = Console(stderr=True)
    with console.status("stopping the stack"):
        ran = stop_stack(load_settings())
    console.print("The stack is stopped." if ran else "Nothing was running.")
