"""The keys of every failing row: Great Expectations returns 200 of them, so the rest is fetched by its own query."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
import psycopg.sql
from psycopg.rows import dict_row

from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.suites import Batch, Expectation

_STRICT = frozenset({"strict_min", "strict_max"})
# Everything from here on is one column's condition on the batch.
_CONDITION = re.compile(r"\nWHERE (?P<condition>.*?);?\s*$", re.DOTALL)


def all_failing_keys(
    batch: Batch, rule: Expectation, found: Mapping[str, Any], data: Frames | Queries
) -> Iterable[Mapping[str, Any]]:
    """One mapping of the batch's key columns per failing row; empty for rules about a table as a whole."""
    if isinstance(data, Queries):
        query = _query(batch, rule, found, data.texts[batch.name])
        return _fetch(data.dsn, query) if query else ()
    return [row for columns in found.get("unexpected_index_list") or () for row in _rows(batch, columns)]


def _rows(batch: Batch, columns: Mapping[str, list[Any]]) -> Iterable[Mapping[str, Any]]:
    """Without values the library lists keys by column; people and files want them by row."""
    for values in zip(*(columns[name] for name in batch.keys), strict=True):
        yield dict(zip(batch.keys, values, strict=True))


def _query(batch: Batch, rule: Expectation, found: Mapping[str, Any], text: str) -> str | None:
    keys = ", ".join(f'"{name}"' for name in batch.keys)
    if "unexpected_rows_query" in rule.kwargs:
        # The suite's own query names the key columns first; see the suites' test.
        return str(rule.kwargs["unexpected_rows_query"]).replace("{batch}", f"({text}) AS batch")
    if told := condition_of(rule, text):
        return f"SELECT {keys} FROM ({text}) AS batch WHERE {told}"  # noqa: S608 - names and texts of our files
    # The library's query puts the batch's text after FROM without brackets, so only its condition is of use.
    asked = str(found.get("unexpected_index_query") or "")
    _before, _text, after = asked.partition(text)
    match = _CONDITION.search(after or asked)
    # Every part is ours or the library's: key names and the batch from our files, the condition from its query.
    return f"SELECT {keys} FROM ({text}) AS batch WHERE {match['condition']}" if match else None  # noqa: S608


def condition_of(rule: Expectation, text: str) -> str | None:
    """Which rows of the batch `text` break a rule of the common types, as SQL; None for other types."""
    if "column" not in rule.kwargs:
        return None
    column, kwargs = f'"{rule.kwargs["column"]}"', rule.kwargs
    if rule.type == "expect_column_values_to_not_be_null":
        return f"{column} IS NULL"
    if rule.type == "expect_column_values_to_be_in_set":
        allowed = ", ".join(_literal(value) for value in kwargs["value_set"])
        return f"{column} NOT IN ({allowed})"
    if rule.type == "expect_column_values_to_be_unique":
        return f"{column} IN (SELECT {column} FROM ({text}) AS again GROUP BY 1 HAVING count(*) > 1)"  # noqa: S608
    if rule.type == "expect_column_values_to_be_between" and not kwargs.keys() & _STRICT:
        bounds = (("min_value", "<"), ("max_value", ">"))
        return " OR ".join(f"{column} {sign} {kwargs[name]}" for name, sign in bounds if name in kwargs)
    return None


def _literal(value: Any) -> str:
    return psycopg.sql.Literal(value).as_string(None)


def _fetch(dsn: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row, application_name="atlas-validate") as connection:
        connection.execute("SET row_security = off")
        return connection.execute(query.encode()).fetchall()
