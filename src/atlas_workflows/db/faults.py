"""What PostgreSQL's error codes mean for people: one table of facts and remedies, by SQLSTATE or by its class."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psycopg

from atlas_workflows.errors import DatabaseError, DatabaseUnreachable, PermissionMissing

AGAIN = "then the same command again; it continues where this one stopped."


@dataclass(frozen=True, slots=True)
class Fault:
    """`passes`: it may be over by the next attempt without anybody changing data, so a run stays as it is till then."""

    fact: str
    remedy: str
    error: type[DatabaseError] = DatabaseError
    passes: bool = False


GONE = Fault("The database stopped answering", "Bring it back,", DatabaseUnreachable, passes=True)
REFUSED = Fault("The database refused", "Fix this,")
STANDBY = Fault(
    "The database takes no writes",
    "Name the primary (not a standby), or take default_transaction_read_only off this role or database,",
    passes=True,
)
SHARED = Fault(
    "A connection pooler mixes our session with others",
    "Name PostgreSQL itself in the address, or a pool with pool_mode = session,",
)
# Looked up by the whole code first, then by its first two characters, which are its class.
FAULTS: Mapping[str, Fault] = {
    "08": GONE,
    "08P01": Fault(
        "A pooler before the database refuses our session",
        "Name PostgreSQL itself in the address, or take `options` out of it,",
    ),
    "0A": Fault("This server cannot do that", "Name a server of a version that is tested,"),
    "22021": Fault(
        "A text of the database is no UTF-8",
        "Its encoding (SQL_ASCII) checks nothing: convert such texts there to UTF-8,",
    ),
    "22": Fault("A value in the database does not fit", "Correct that value,"),
    "23": Fault("A rule of a table refused a row", "Look at the row and the rule it names,"),
    "25006": STANDBY,
    "26000": SHARED,
    "42P05": SHARED,
    "28": Fault(
        "The database does not let this login in",
        "Correct user, password, or the server's pg_hba.conf,",
        DatabaseUnreachable,
    ),
    "3D": Fault("There is no such database", "Name another in the address,", DatabaseUnreachable),
    "3F": Fault("A schema is missing", "Run `atlas schema upgrade`,"),
    "40": Fault("Other sessions stood in the way for too long", "Let them end,", passes=True),
    "42501": Fault(
        "The role may not do this",
        "Grant that right (`atlas schema roles-script` prints what migrating needs),",
        PermissionMissing,
    ),
    "53000": Fault("The server lacks resources", "Free some,", passes=True),
    "53100": Fault("The server's disk is full", "Free space there,", passes=True),
    "53200": Fault("The server ran out of memory", "Give it more, or let other work end,", passes=True),
    "53300": Fault(
        "The server takes no more connections",
        "Close idle ones, or raise max_connections or the limit of this role or database,",
        DatabaseUnreachable,
        passes=True,
    ),
    "53": Fault("The server lacks resources", "Free some,", passes=True),
    "54": Fault("That is more than the server can hold", "Make it smaller,"),
    "55000": Fault(
        "An object of the database is not set up for this",
        "Fix what the message names (a table in a publication needs a primary key or REPLICA IDENTITY FULL),",
    ),
    "55006": Fault("Others use what is needed", "Close their sessions,", passes=True),
    "55P03": Fault("A lock was not free in time", "Let the long transaction on it end,", passes=True),
    "55": Fault("An object of the database is not in the state that is needed", "Fix this,"),
    "57014": Fault(
        "The database ended a statement of ours",
        "Nothing has to be mended unless it happens again;",
        passes=True,
    ),
    "57P01": GONE,
    "57P02": GONE,
    "57P03": Fault(
        "The database takes no connections right now",
        "Wait until it has started,",
        DatabaseUnreachable,
        passes=True,
    ),
    "57P04": Fault("The database was dropped", "Restore it,", DatabaseUnreachable),
    "57": Fault("The database was told to stop", "Wait until it is back,", passes=True),
    "58": Fault("The server's disk or system failed", "Look at the server's log and mend that,"),
    "F0": Fault("A file of the server's configuration cannot be read", "Correct it,"),
    "HV": Fault("A foreign table's server refused", "Correct its foreign server or user mapping,"),
    "P0": Fault("A function or trigger of the database refused", "Read what it says, mend that,"),
    "XX": Fault("The server found damage or a fault of its own", "Look at the server's log and mend that,"),
}


# A refused connection comes without a code; the server's words stand for it, where they are English.
WHILE_CONNECTING: Mapping[str, str] = {
    "too many clients already": "53300",
    "too many connections for": "53300",
    "remaining connection slots are reserved": "53300",
    "the database system is": "57P03",
    "authentication failed": "28P01",
    "no pg_hba.conf entry": "28000",
    "unsupported startup parameter": "08P01",
}


def fault_of(error: psycopg.Error) -> Fault:
    """What the error is: by its code; without one the connection broke, or else the driver itself refused."""
    if error.sqlstate is not None:
        return FAULTS.get(error.sqlstate) or FAULTS.get(error.sqlstate[:2]) or REFUSED
    return GONE if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError) else REFUSED


def fault_while_connecting(words: str) -> Fault | None:
    """What kept a connection from being made; None where the words say nothing that we know."""
    return next(
        (FAULTS.get(code, FAULTS[code[:2]]) for said, code in WHILE_CONNECTING.items() if said in words), None
    )


def explained(error: psycopg.Error, mask: Callable[[str], str]) -> DatabaseError:
    """The error as people read it, its words masked; attributes `sqlstate` and `passes` are for programs."""
    fault = fault_of(error)
    lines = (error.diag.message_primary or str(error)).strip().splitlines() or [type(error).__name__]
    words = mask(lines[0].rstrip("."))
    if _is_said_by_us(error):
        fact, remedy = f"{words}.", mask(error.diag.message_hint or "") or f"{fault.remedy} {AGAIN}"
    else:
        fact, remedy = f"{fault.fact}: {words}.", f"{fault.remedy} {AGAIN}"
    return fault.error(fact, remedy=remedy, sqlstate=error.sqlstate, passes=fault.passes)


def _is_said_by_us(error: psycopg.Error) -> bool:
    """Whether a function of schema atlas refused, in words for people and with the way on as its hint."""
    raised = error.diag.source_function == "exec_stmt_raise"
    return raised and (error.diag.context or "").startswith("PL/pgSQL function atlas.")
