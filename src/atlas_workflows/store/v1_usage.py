"""Who calls v1: counts added up per organization, day, route and caller, and since when somebody counted."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import one, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.worker.messages import json_text


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls of one caller to one route on one day; `organization` is None where the caller had no credentials in force."""

    organization: str | None
    day: date
    route: str
    caller: str
    calls: int
    refused: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Usage:
    """Calls since a day. `caller` is who, as the doors know him; `named` what a key or one let in is called."""

    organization: str | None
    route: str
    caller: str
    named: str | None
    calls: int
    refused: int
    first_day: date
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Watch:
    """From when to when servers counted, and on how many days since a day given none did."""

    began_at: datetime | None
    seen_at: datetime | None
    days_without: int


@dataclass(frozen=True, slots=True)
class Server:
    """A server that counts, since when, and how many batches of counts it has sent."""

    id: str
    began_at: datetime
    batch: int


def add_counts(connection: Connection, counts: Iterable[Counted], server: Server, now: datetime) -> None:
    """Add to what is counted already, and note that this server counts; a batch that comes again is not added again."""
    wanted = [
        {**asdict(each), "day": each.day.isoformat(), "last_at": each.last_at.isoformat()} for each in counts
    ]
    given = {"server": server.id, "began_at": server.began_at, "batch": server.batch, "now": now}
    with connection.transaction():
        if not wanted:
            connection.execute(sql("v1/watch"), given)
        elif connection.execute(sql("v1/take_batch"), given).rowcount:
            connection.execute(sql("v1/add_counts"), {"counts": json_text(wanted)})


def read_usage(connection: Connection, since: date, organization: str | None = None) -> list[Usage]:
    """Who called what since a day (UTC), those who called last at the top."""
    return rows(connection, Usage, sql("v1/usage"), {"since": since, "organization": organization})


def read_watch(connection: Connection, since: date, today: date) -> Watch:
    """Since when calls are counted, and whether any day since is missing."""
    found = one(connection, Watch, sql("v1/watched"), {"since": since, "today": today})
    return found or Watch(None, None, 0)
