"""`atlas up`: the local stack on one's own CRM database."""

from typing import Annotated

import typer
from rich.console import Console

from atlas_workflows.cli.stack_view import show_stack
from atlas_workflows.errors import StackError
from atlas_workflows.settings import load_settings
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.stack import start_stack
from atlas_workflows.supervision.standing import look

app = typer.Typer()
# Ready means that it answered; a machine that is busy with what has just begun lets the next answer wait.
PATIENCE_SECONDS = 60.0


@app.command()
def up(
    dsn: Annotated[
        str | None,
        typer.Option(help="The CRM database, postgresql://…; default ATLAS_CRM_DSN.", show_default=False),
    ] = None,
) -> None:
    """Start PostgreSQL (for Airflow itself), Airflow and workers; reuse what runs already.

    Without a database the DAGs use the Airflow Connection `atlas_crm`, which you may create in Airflow's page, and no
    worker runs. ATLAS_WORKERS says how many workers, 1 where it is not set. Exit 1 where the CRM does not answer: the stack
    runs all the same.
    """
    settings = load_settings()
    console = Console(stderr=True)
    with console.status("starting the stack") as status:
        state = start_stack(settings, dsn or settings.crm_dsn, lambda text: status.update(text))
        standing = look(StackPaths.of(settings), state, PATIENCE_SECONDS)
    show_stack(settings, state, standing, Console())
    if not standing.is_good:
        raise StackError(
            f"The stack runs and is not ready: {'; '.join(standing.missing)}.",
            remedy="Mend that; the stack goes on by itself, and `./atlas status` says when it is ready.",
        )
