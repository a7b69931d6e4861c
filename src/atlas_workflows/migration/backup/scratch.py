"""Scratch databases: copies of customers' data for the time of a block, each under a lock that goes with its maker."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql as compose
from psycopg.conninfo import make_conninfo

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import rows, scalar
from atlas_workflows.db.sql_files import sql

SCRATCH = "atlas_scratch_"
UTF8 = "UTF8"


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A scratch database that a killed process left, and its size on disk."""

    name: str
    bytes: int


def may_create_databases(dsn: str) -> bool:
    """Whether this login may make a scratch database on its server."""
    with connect(dsn, application_name="atlas-verify", autocommit=True) as connection:
        question = "SELECT rolcreatedb OR rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user"
        return bool(scalar(connection, question))


@contextmanager
def scratch_database(dsn: str, name: str) -> Iterator[str]:
    """An empty database beside `dsn`'s for the time of the block; one of that name that was left is dropped first."""
    with connect(dsn, application_name="atlas-scratch", autocommit=True) as maker:
        maker.execute(sql("backup/hold_scratch"), {"name": name})
        _drop(maker, name)
        create = compose.SQL("CREATE DATABASE {} TEMPLATE template0{}")
        maker.execute(create.format(compose.Identifier(name), encoded(encoding_of(dsn))))
        try:
            yield make_conninfo(dsn, dbname=name)
        finally:
            # The session may have been lost in the meantime.
            with connect(dsn, application_name="atlas-scratch", autocommit=True) as connection:
                _drop(connection, name)


def abandoned(connection: Connection) -> tuple[Abandoned, ...]:
    """What killed rehearsals and proofs left on this server."""
    return tuple(rows(connection, Abandoned, sql("backup/abandoned_scratch"), {"prefix": SCRATCH}))


def drop_abandoned(connection: Connection) -> tuple[str, ...]:
    """Drop them and say which; the session is in autocommit. What cannot be dropped now stays for the next one."""
    gone = []
    for left in abandoned(connection):
        try:
            _drop(connection, left.name)
        except psycopg.Error:
            continue
        logging.getLogger(__name__).warning("Dropped %s, which a killed process had left.", left.name)
        gone.append(left.name)
    return tuple(gone)


def encoding_of(dsn: str) -> str:
    """The encoding of the database."""
    with connect(dsn, application_name="atlas-verify", autocommit=True) as connection:
        return connection.info.parameter_status("server_encoding") or UTF8


def encoded(encoding: str) -> compose.Composable:
    """Checksums are over bytes, so a copy keeps the encoding; only the locale C goes with every one."""
    if encoding == UTF8:
        return compose.SQL("")
    return compose.SQL(" ENCODING {} LOCALE_PROVIDER libc LOCALE 'C'").format(compose.Literal(encoding))


def _drop(connection: Connection, name: str) -> None:
    connection.execute(
        compose.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(compose.Identifier(name))
    )
