"""Transactions of the owner on tenant tables: forced row-level security lets it pass only while it says it migrates."""

from collections.abc import Iterator
from contextlib import contextmanager

from atlas_workflows.db.connect import Connection


@contextmanager
def acting_as_migration(connection: Connection) -> Iterator[Connection]:
    """One transaction in which the owner of schema atlas sees and writes every organization.

    Works without BYPASSRLS, which COPY and `row_security = off` need; use it for small writes only (flags, audit).
    """
    with connection.transaction():
        connection.execute(
            "SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true)"
        )
        yield connection


def act_as_migration(connection: Connection) -> None:
    """Let an owner who is no superuser through the forced policies of schema atlas, for this session.

    Only for sessions that read legacy tables after another one, with row_security off, was able to.
    """
    connection.execute(
        "SELECT set_config('row_security', 'on', false), set_config('atlas.acting', 'migration', false)"
    )
