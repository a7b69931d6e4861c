"""`atlas legacy inspect`: the shape of a legacy database, its tables, and the dirt in them. Reads only."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import psycopg
import typer
from psycopg import sql as compose

from atlas_workflows.cli.terminal import filled, without_controls
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.errors import AtlasError, DatabaseError, PermissionMissing
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.records import SourceTable
from atlas_workflows.legacy.source.inspection import TableInspection, shape_json
from atlas_workflows.migration.movement.forms import not_understood, read_forms
from atlas_workflows.migration.movement.source import Batch, Source, batches, read_batch, survey
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.site import crm_site

app = typer.Typer(no_args_is_help=True, help="Look at the legacy side: shapes, counts, dirt.")

BATCH_ROWS, BATCH_BYTES = 500, 8_000_000

Dsn = Annotated[str | None, typer.Option("--dsn", help="The database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print only JSON on stdout.")]
Rows = Annotated[
    int, typer.Option("--rows", min=1, help="Look at most at this many rows of each table but workflows.")
]


@app.callback()
def legacy() -> None:
    """Look at the legacy side; nothing is ever written there."""


@app.command()
def inspect(dsn: Dsn = None, as_json: AsJson = False, rows: Rows = 20_000) -> None:
    """Say which shape the database has, and translate its rows on trial to find what is dirty."""
    address = crm_site(dsn).dsn
    with _reading(address) as connection:
        source = survey(connection, Scope(), RunOptions())
        tables = [_inspected(connection, source, table, rows) for table in source.tables]
        unread = not_understood(read_forms(connection))
    report = {**shape_json(source.shape), "organizations": len(source.tenancy.organizations)}
    report["not_understood"] = unread
    report["inspected"] = [table.to_json() for table in tables]
    if as_json:
        typer.echo(dumps_text(report))
    else:
        _show(report)


@contextmanager
def _reading(dsn: str) -> Iterator[Connection]:
    """A session that cannot write, whose refusals end in one clear message."""
    with connect(dsn, application_name="atlas legacy inspect", autocommit=True) as connection:
        connection.execute("SET default_transaction_read_only = on")
        try:
            yield connection
        except AtlasError:
            raise
        except psycopg.errors.InsufficientPrivilege as cause:
            raise PermissionMissing(
                f"The role may not read everything: {cause.diag.message_primary}.",
                remedy="Grant SELECT on the named table, and BYPASSRLS where policies hide rows; then inspect again.",
            ) from cause
        except psycopg.Error as cause:
            raise DatabaseError(
                f"The database refused to be read: {cause.diag.message_primary or type(cause).__name__}.",
                remedy="Correct that and inspect again; nothing was changed.",
            ) from cause


def _inspected(connection: Connection, source: Source, table: SourceTable, limit: int) -> TableInspection:
    count = compose.SQL("SELECT count(*) FROM {}").format(
        compose.Identifier(source.catalog.schema, table.table)
    )
    found = TableInspection(table.table, scalar(connection, count))
    most = found.rows if table.table == "workflows" else limit

    def read(after: str | None) -> Batch:
        size = min(BATCH_ROWS, most - found.looked_at)
        return read_batch(connection, source, table, after, None, size, BATCH_BYTES)

    for batch in batches(read):
        for member in batch.rows:
            found.add(member.id, table.rows(member, source.tenancy))
        if found.looked_at >= most:
            break
    return found


def _show(report: dict[str, Any]) -> None:
    """In lines and not in a table: ids and fields are there to be copied, and a table would cut them."""
    print(f"Shape {report['shape']}, {report['organizations']} organizations.")
    if report["workflow_system_executions"]:
        print("Executions are those of the workflow-system variant.")
    if report["earlier_attempt"]:
        print(
            filled(f"An earlier enhanced attempt was half applied: {', '.join(report['earlier_attempt'])}.")
        )
    for sentence in report["not_understood"]:
        print(filled(f"Not read: {sentence}"))
    for table in report["inspected"]:
        _show_table(table)


def _show_table(table: dict[str, Any]) -> None:
    facts = [f"{table['rows']:,} rows, {table['looked_at']:,} looked at", f"becomes {table['disposition']}"]
    facts += [f"{table['outcomes'].get('quarantined', 0):,} quarantined", f"{table['secrets']:,} secrets"]
    print(f"\n{without_controls(table['table'])}")
    print(filled("; ".join(facts), indent=2))
    for item in table["dirt"]:
        example = item["examples"][0]
        print(f"  {item['code']}: {item['rows']:,} rows, for example")
        print(f"    {without_controls(example['id'])}")
        if example["field"]:
            print(f"    {without_controls(example['field'])}")
