"""The keys of every failing row: Great Expectations returns 200 of them, so the rest is fetched by its own query."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

from atlas_workflows.validation.data import Frames, Queries
from atlas_workflows.validation.suites import Batch, Expectation

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
    # The library's query puts the batch's text after FROM without brackets, so only its condition is of use.
    asked = str(found.get("unexpected_index_query") or "")
    _before, _text, after = asked.partition(text)
    match = _CONDITION.search(after or asked)
    # Every part is ours or the library's: key names and the batch from our files, the condition from its query.
    return f"SELECT {keys} FROM ({text}) AS batch WHERE {match['condition']}" if match else None  # noqa: S608


def _fetch(dsn: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(dsn, row_factory=dict_row, application_name="atlas-validate") as connection:
        connection.execute("SET row_security = off")
        return connection.execute(query.encode()).fetchall()
