"""Asks the database for one value, for one row, or for all rows, each row as a named class."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
from psycopg.abc import Params, QueryNoTemplate
from psycopg.rows import kwargs_row, namedtuple_row, scalar_row

T = TypeVar("T")


def scalar(
    connection: psycopg.Connection[Any], statement: QueryNoTemplate, parameters: Params | None = None
) -> Any:
    """The first column of the first row; None where there is no row."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(statement, parameters).fetchone()


def scalars(
    connection: psycopg.Connection[Any], statement: QueryNoTemplate, parameters: Params | None = None
) -> list[Any]:
    """The first column of every row."""
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def one(
    connection: psycopg.Connection[Any],
    kind: Callable[..., T],
    statement: QueryNoTemplate,
    parameters: Params | None = None,
    *,
    prepare: bool | None = None,
) -> T | None:
    """The first row, made by `kind` from its columns by name; None where there is no row.

    `prepare`: whether the server keeps the statement's plan; None leaves that to the driver.
    """
    with connection.cursor(row_factory=kwargs_row(kind)) as cursor:
        return cursor.execute(statement, parameters, prepare=prepare).fetchone()


def rows(
    connection: psycopg.Connection[Any],
    kind: Callable[..., T],
    statement: QueryNoTemplate,
    parameters: Params | None = None,
    *,
    binary: bool = False,
) -> list[T]:
    """Every row, made by `kind` from its columns by name. `binary`: bytes come as they are, not as twice as many hex digits."""
    with connection.cursor(binary=binary, row_factory=kwargs_row(kind)) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def streamed(
    connection: psycopg.Connection[Any],
    kind: Callable[..., T],
    statement: QueryNoTemplate,
    parameters: Params | None = None,
    *,
    binary: bool = False,
) -> Iterator[T]:
    """The same one after another, as they come: memory need not hold them. Nothing else can be asked of the session meanwhile;
    whoever does not read to the end closes this, or the session waits for itself."""
    with connection.cursor(binary=binary, row_factory=kwargs_row(kind)) as cursor:
        yield from cursor.stream(statement, parameters)


def named_rows(
    connection: psycopg.Connection[Any], statement: QueryNoTemplate, parameters: Params | None = None
) -> list[Any]:
    """Every row as a named tuple of its columns: for statements that are executed many times a second."""
    with connection.cursor(row_factory=namedtuple_row) as cursor:
        return cursor.execute(statement, parameters).fetchall()


def relation_exists(connection: psycopg.Connection[Any], name: str) -> bool:
    """Whether there is a table, view or sequence of that name, written as in SQL (schema.table)."""
    return bool(scalar(connection, "SELECT to_regclass(%s) IS NOT NULL", [name]))
