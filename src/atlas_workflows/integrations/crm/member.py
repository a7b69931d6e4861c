"""Finds whom another system means by an e-mail address, a phone number or an id of its own."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import named_rows, rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.statements import (
    inherited_organization,
    organization_key,
    own_organization,
)
from atlas_workflows.integrations.crm.tables import Crm, Table
from atlas_workflows.integrations.crm.told import By, wanted

MANY = 10_000  # rows from which on a look without an index is worth a word
_TOLD = {
    "email": "lower(btrim({}::text))",
    "phone": "ltrim(regexp_replace({}::text, '[^0-9]', '', 'g'), '0')",
    "external_id": "{}::text",
}
# Digits in this order, whatever stands between them: told in a tenth of the time that taking a number apart costs.
_LIKELY = "{}::text LIKE %(likely)s AND "


@dataclass(frozen=True, slots=True)
class Unindexed:
    """A large table in which a look reads every person of an organization; `index` is what would spare it."""

    table: str
    by: By
    rows: int
    index: str


@dataclass(frozen=True, slots=True)
class _Indexed:
    partitioned: bool
    rows: int
    found: Sequence[str]


def find_member(connection: Connection, crm: Crm, organization: str, by: By, value: str) -> str | None:
    """The subject (`lead:<id>` …) of the one person told so; leads are looked at first. None where it is nobody, or several."""
    told = wanted(by, value)
    if told is None:
        return None
    given = {"organization": organization, "value": told, "likely": f"%{'%'.join(told)}%"}
    for table in crm.people():
        column = table.find(by)
        if column is None:
            continue
        found = named_rows(connection, _statement(crm, table, by, column), given)
        if found:
            return f"{table.name[:-1]}:{found[0].id}" if len(found) == 1 else None
    return None


def unindexed(connection: Connection, crm: Crm, many: int = MANY) -> Iterator[Unindexed]:
    """Tables of at least `many` people that have no index to look them up by."""
    for table in crm.people():
        given = {"schema": table.schema, "table": table.name, "organization": organization_key(table)}
        for seen in rows(connection, _Indexed, sql("crm/indexed"), given):
            found = {_bare(each) for each in seen.found}
            for by in ("email", "phone"):
                column = table.find(by)
                if column is None or seen.rows < many or _bare(_TOLD[by].format(column)) in found:
                    continue
                yield Unindexed(table.name, by, seen.rows, _index(table, by, column, seen.partitioned))


def _bare(expression: str) -> str:
    """An expression without what the server adds to it or leaves out."""
    return re.sub(r'::text|[()\s"]', "", expression)


def _index(table: Table, by: By, column: str, partitioned: bool) -> str:
    own = organization_key(table)
    how = "" if partitioned else " CONCURRENTLY"  # which the server refuses for a table in partitions
    columns = [*([] if own is None else [own]), _TOLD[by].format(column)]
    return f"CREATE INDEX{how} ON {table.schema}.{table.name} ({', '.join(columns)})"


def _statement(crm: Crm, table: Table, by: By, column: str) -> compose.Composed:
    words = (_LIKELY if by == "phone" else "") + f"{_TOLD[by]} = %(value)s"
    name = compose.Identifier("found", column)
    return sql("crm/member_by").format(
        table=table.identifier,
        own=own_organization(table, "found"),
        inherited=inherited_organization(crm, table, "found"),
        is_told=compose.SQL(words).format(*([name] * words.count("{}"))),
    )
