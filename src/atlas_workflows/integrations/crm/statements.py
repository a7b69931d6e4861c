"""Statements over tables whose columns are only known when they are met: identifiers composed, values bound."""

from collections.abc import Mapping
from typing import Any

from psycopg import sql as compose

from atlas_workflows.db.sql_files import sql
from atlas_workflows.integrations.crm.tables import Crm, Table
from atlas_workflows.integrations.crm.values import as_column

ORGANIZED = ("leads", "clients")
LINKS = {"leads": "lead_id", "clients": "client_id", "contacts": "contact_id"}
Statement = tuple[compose.Composed, dict[str, Any]]


def of_organization(crm: Crm, table: Table, alias: str) -> compose.Composable:
    """SQL for the organization of a row: its own column, else that of the lead, client or pipeline it hangs on."""
    own = table.find("organization")
    parts: list[compose.Composable] = (
        [] if own is None else [compose.SQL("{}::text").format(compose.Identifier(alias, own))]
    )
    for name in ORGANIZED:
        parent, link = crm.find(name), LINKS[name]
        column = None if parent is None else parent.find("organization")
        if parent is None or column is None or parent == table or link not in table.columns:
            continue
        words = compose.SQL("(SELECT parent.{}::text FROM {} AS parent WHERE parent.id = {})")
        parts.append(
            words.format(compose.Identifier(column), parent.identifier, compose.Identifier(alias, link))
        )
    if not parts:
        parts = _of_pipeline(crm, table, alias)
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join([*parts, compose.SQL("NULL::text")]))


def own_organization(table: Table, alias: str) -> compose.Composable:
    """SQL that a row itself says the bound `organization`, compared in the column's own type, so that an index on it serves."""
    own = table.find("organization")
    if own is None:
        return compose.SQL("FALSE")
    words = (
        "{} = %(organization)s::text"
        if _is_compared_as_it_is(table, own)
        else "{}::text = %(organization)s::text"
    )
    kind = "::uuid" if table.columns[own] == "uuid" else ""
    return compose.SQL(words + kind).format(compose.Identifier(alias, own))


def organization_key(table: Table) -> str | None:
    """What an index on a row's own organization has to be of, as the server writes it; None where rows say none."""
    own = table.find("organization")
    return own if own is None or _is_compared_as_it_is(table, own) else f"({own}::text)"


def _is_compared_as_it_is(table: Table, column: str) -> bool:
    # Never as character varying(n): such a cast would cut the organization to what another one's may be, too.
    kind = table.columns[column]
    return kind in ("uuid", "text") or (kind.startswith("character varying") and not kind.endswith("[]"))


def inherited_organization(crm: Crm, table: Table, alias: str) -> compose.Composable:
    """SQL that a row which says no organization itself hangs on one of the bound `organization`."""
    own = table.find("organization")
    without = (
        compose.SQL("TRUE")
        if own is None
        else compose.SQL("{} IS NULL").format(compose.Identifier(alias, own))
    )
    return compose.SQL("{} AND {} = %(organization)s::text").format(
        without, of_organization(crm, table, alias)
    )


def _of_pipeline(crm: Crm, table: Table, alias: str) -> list[compose.Composable]:
    """SQL for the organization of the pipeline that a stage belongs to, where the stage itself says none."""
    pipelines = crm.find("pipelines")
    column = None if pipelines is None else pipelines.find("organization")
    if pipelines is None or column is None or "pipeline_id" not in table.columns:
        return []
    words = compose.SQL("(SELECT parent.{}::text FROM {} AS parent WHERE parent.id::text = {}::text)")
    link = compose.Identifier(alias, "pipeline_id")
    return [words.format(compose.Identifier(column), pipelines.identifier, link)]


def reading(crm: Crm, table: Table, column: str, *, lock: bool) -> compose.Composed:
    """Reads one row by a column; binds `key` and `organization`."""
    statement = sql("crm/read_row").format(
        table=table.identifier,
        column=compose.Identifier("found", column),
        kind=compose.SQL(table.columns[column]),
        organization=of_organization(crm, table, "found"),
    )
    return statement + compose.SQL("FOR UPDATE OF found") if lock else statement


def inserting(table: Table, values: Mapping[str, Any]) -> Statement:
    """Inserts one row."""
    statement = sql("crm/insert_row").format(
        table=table.identifier,
        fields=compose.SQL(", ").join(map(compose.Identifier, values)),
        given=compose.SQL(", ").join(_given(table, name, "v") for name in values),
    )
    return statement, _bound(table, values, "v")


def updating(table: Table, key: Mapping[str, Any], values: Mapping[str, Any]) -> Statement:
    """Changes columns of one row, where one of them has another value."""
    fields: list[compose.Composable] = [compose.Identifier(name) for name in values]
    given = [_given(table, name, "v") for name in values]
    if "updated_at" in table.columns and "updated_at" not in values:
        fields.append(compose.Identifier("updated_at"))
        given.append(compose.SQL("now()"))
    where, bound = condition(table, key)
    statement = sql("crm/update_row").format(
        table=table.identifier,
        fields=compose.SQL(", ").join(fields),
        given=compose.SQL(", ").join(given),
        condition=where,
        difference=compose.SQL(" OR ").join(_differs(table, name) for name in values),
    )
    return statement, _bound(table, values, "v") | bound


def deleting(table: Table, key: Mapping[str, Any]) -> Statement:
    """Deletes one row."""
    where, bound = condition(table, key)
    return sql("crm/delete_row").format(table=table.identifier, condition=where), bound


def condition(table: Table, key: Mapping[str, Any]) -> tuple[compose.Composable, dict[str, Any]]:
    """Finds the one row with this key, and what it binds."""
    parts = [
        compose.SQL("{} = {}").format(compose.Identifier("written", name), _given(table, name, "k"))
        for name in key
    ]
    return compose.SQL(" AND ").join(parts), _bound(table, key, "k")


def _differs(table: Table, column: str) -> compose.Composable:
    # json has no equality, jsonb has.
    kind = compose.SQL("::jsonb" if table.columns[column] == "json" else "")
    words = compose.SQL("{}{} IS DISTINCT FROM {}{}")
    return words.format(compose.Identifier("written", column), kind, _given(table, column, "v"), kind)


def _given(table: Table, column: str, mark: str) -> compose.Composable:
    place = compose.Placeholder(_place(table, column, mark))
    return compose.SQL("{}::{}").format(place, compose.SQL(table.columns[column]))


def _bound(table: Table, values: Mapping[str, Any], mark: str) -> dict[str, Any]:
    return {
        _place(table, name, mark): as_column(value, table.columns[name]) for name, value in values.items()
    }


def _place(table: Table, column: str, mark: str) -> str:
    # Not the name itself: a column may be called anything.
    return f"{mark}{list(table.columns).index(column)}"
