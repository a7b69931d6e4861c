"""`atlas retention`: drop executions, steps and logs whose time is over."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from atlas_workflows.cli.execution_words import show
from atlas_workflows.cli.signed import require_signed
from atlas_workflows.cli.support import AsJson, Dsn, print_json, session
from atlas_workflows.store.retention import Beside, Keep, Partition, sweep
from atlas_workflows.store.steering import By

app = typer.Typer(help="Drop executions, steps and logs whose time is over.")


@app.command()
def retention(
    executions_days: Annotated[
        int,
        typer.Option(
            min=30, metavar="N", help="Keep executions and steps so long after the day they are of."
        ),
    ] = 400,
    logs_days: Annotated[int, typer.Option(min=1, metavar="N", help="Keep log lines so long.")] = 30,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who; goes into the audit log.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Drop them; without this it only says what would go.")
    ] = False,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Drop whole partitions whose time is over, and what their executions did and entered by. What a live execution began in, and what was migrated, stays.

    With --yes it needs --by.
    """
    if yes:
        require_signed(by, what="Dropping history")
    keep = Keep(timedelta(days=executions_days), timedelta(days=logs_days))
    whom = By(by, f"older than {executions_days} days (logs: {logs_days})") if yes else None
    found: list[Partition] = []
    try:
        with session(dsn) as connection:
            for each in sweep(connection, keep, datetime.now(UTC), whom):
                found.append(each)  # noqa: PERF402
    finally:
        # Also where an error ends it in the middle: what is dropped by then is dropped.
        _tell(found, yes, as_json)


def _tell(found: list[Partition], yes: bool, as_json: bool) -> None:
    if as_json:
        print_json({"dropped": yes, "partitions": [asdict(each) for each in found]})
        return
    show(f"{each.name} stays: {each.kept}" for each in found if each.kept)
    going = [each for each in found if each.kept is None]
    show(each.name for each in going)
    print(f"{len(going)} partitions {'are dropped' if yes else 'would go; add --yes'}.")
    beside = sum((each.beside for each in found), Beside())
    if yes:
        print(
            f"With them went {beside.effects} effects, {beside.crm_writes} writes to the CRM as they were before, and "
            f"{beside.enrolments} enrolments."
        )
