"""How many members a condition holds for, by the truth table that executions use: member by member, within bounds."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.exact_json import loads
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.moment import moment
from atlas_workflows.integrations.crm.contact import contact_with
from atlas_workflows.integrations.crm.people import Person
from atlas_workflows.integrations.crm.tables import Table, read_crm
from atlas_workflows.recurring.audience.query import parse_query
from atlas_workflows.recurring.audience.saved import compiled_now, count_audience, page_of

MOST_MEMBERS = 20_000
MOST_SECONDS = 10.0
AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Matched:
    """`complete` is false where not everybody was looked at; `matched` is of `looked_at` then."""

    matched: int
    looked_at: int
    everybody: int
    complete: bool


def count_matching(
    connection: Connection,
    organization: str,
    condition: Any,
    now: datetime,
    timezone: str,
    *,
    most: int = MOST_MEMBERS,
    seconds: float = MOST_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> Matched:
    """Stops after `most` members or `seconds`, and says so. Raises ExpressionInvalid."""
    holds, at = compile_condition(parse_condition(condition)), moment(now, timezone)
    tables = read_crm(connection).people()
    everybody = sum(
        count_audience(connection, organization, _all_of(table), now).everybody for table in tables
    )
    until, matched, looked_at = clock() + seconds, 0, 0
    for contact in _contacts(connection, organization, tables, now):
        if looked_at >= most or clock() >= until:
            return Matched(matched, looked_at, everybody, complete=False)
        matched += bool(holds({"contact": contact}, at))
        looked_at += 1
    return Matched(matched, looked_at, everybody, complete=True)


def _all_of(table: Table) -> Any:
    return parse_query({"of": table.name, "everybody": True})


def _contacts(
    connection: Connection, organization: str, tables: list[Table], now: datetime
) -> Iterator[Mapping[str, Any]]:
    for table in tables:
        compiled = compiled_now(connection, organization, _all_of(table), now)
        after = None
        while found := page_of(connection, compiled, after, AT_ONCE):
            after = found[-1].id
            for row in found:
                yield contact_with(Person(table, row.id, organization, loads(row.content)), row.tags)
