"""Items about the server and the way to it: connection, version, TLS, pooler, long transactions."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from psycopg import errors

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows, scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.preflight.item import Finding, Item, Look, failed, passed

TESTED_VERSIONS = (15, 16, 17, 18)
# A transaction this old holds back vacuum and our short lock requests; ours last about a second.
LONG_TRANSACTION = timedelta(minutes=10)
PROBES = 3


@dataclass(frozen=True, slots=True)
class Encryption:
    """Whether our session is encrypted and with what, and whether it stays on this machine."""

    is_encrypted: bool
    is_local: bool
    protocol: str | None


@dataclass(frozen=True, slots=True)
class LongTransaction:
    """A session whose transaction has been open for too long."""

    pid: int
    application_name: str | None
    minutes: int


def check_connection(look: Look) -> Finding:
    info = look.connection.info
    return passed("connection", f"{info.dbname} on {info.host}:{info.port} as {info.user}")


def check_version(look: Look) -> Finding:
    major = look.connection.info.server_version // 10_000
    if major in TESTED_VERSIONS:
        return passed("server_version", f"PostgreSQL {major}")
    tested = f"{TESTED_VERSIONS[0]} to {TESTED_VERSIONS[-1]}"
    return failed(
        "server_version", f"PostgreSQL {major}; tested are {tested}.",
        "Rehearse on a copy of the database first, then waive this item with that rehearsal as the reason.",
    )  # fmt: skip


def check_tls(look: Look) -> Finding:
    session = one(look.connection, Encryption, sql("preflight/session_encryption"))
    if session is not None and session.is_encrypted:
        return passed("tls", f"encrypted with {session.protocol}")
    if session is not None and session.is_local:
        return passed("tls", "not encrypted, but the connection does not leave this machine")
    return failed(
        "tls",
        "The connection crosses the network unencrypted.",
        "Add sslmode=verify-full to the database address.",
    )


def check_pooler(look: Look) -> Finding:
    """A pooler in transaction mode hands each transaction another server session: settings and LISTEN are lost."""
    with ExitStack() as stack:
        sessions = [
            stack.enter_context(look.context.connect("preflight", autocommit=True)) for _ in range(PROBES)
        ]
        marks = [uuid4().hex for _ in sessions]
        for session, mark in zip(sessions, marks, strict=True):
            session.execute("SELECT set_config('atlas.probe', %s, false)", [mark])
        kept = [_mark(session) for _ in range(PROBES) for session in sessions]
    if kept == marks * PROBES:
        return passed("pooler", "each connection keeps its session")
    return failed(
        "pooler", "A transaction-mode pooler stands between us and the server: session state is lost.",
        "Use the server's own port, or a pool in session mode, in the database address.",
    )  # fmt: skip


def check_long_transactions(look: Look, age: timedelta = LONG_TRANSACTION) -> Finding:
    parameters = {"age": age}
    found = rows(look.connection, LongTransaction, sql("preflight/long_transactions"), parameters)
    if not found:
        return passed("long_transactions", f"none older than {age.seconds // 60} minutes")
    listed = ", ".join(
        f"pid {session.pid} ({session.application_name or 'unnamed'}, {session.minutes} min)"
        for session in found
    )
    return failed(
        "long_transactions",
        f"Open for too long: {listed}.",
        "Let them end, or end them with pg_terminate_backend(pid).",
    )


def _mark(session: Connection) -> str | None:
    try:
        mark: str | None = scalar(session, "SELECT current_setting('atlas.probe', true)")
    except errors.UndefinedObject:
        return None
    return mark


ITEMS = (
    Item("connection", "The database answers", check_connection, may_be_waived=False),
    Item("server_version", "Its version is one we test", check_version),
    Item("tls", "The connection is encrypted", check_tls),
    Item("pooler", "No transaction-mode pooler in between", check_pooler, may_be_waived=False),
    Item("long_transactions", "No long transactions", check_long_transactions),
)
