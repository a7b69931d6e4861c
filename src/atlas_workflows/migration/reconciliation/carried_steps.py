"""Steps that an execution carries in itself, beside the rows made of them: this module's own word on where they go. Pure.

It asks only of what can be read in one way: a text where a text belongs, a status that is a plain word, a time as JavaScript
writes it. What translation reads otherwise it reports; the fingerprint guards what it made of it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import dumps_text, loads
from atlas_workflows.migration.reconciliation.carried import is_same_json, is_storable
from atlas_workflows.migration.reconciliation.same_value import instant

# Columns that one shape or another keeps them in; the first that holds any counts.
STEP_COLUMNS = ("execution_steps", "execution_log", "results")
NO_STEPS = frozenset({"[]", "null", "{}"})
# Words for how a step stands that are the same on both sides.
PLAIN_WORDS = frozenset(
    {"pending", "queued", "running", "completed", "failed", "skipped", "cancelled", "paused", "timeout"}
)
# column of the row -> keys of the entry; the first that holds anything counts.
TEXTS: Mapping[str, tuple[str, ...]] = {
    "node_id": ("nodeId", "node_id", "step_id"),
    "node_type": ("nodeType", "node_type"),
    "action_type": ("actionType", "action_type", "action"),
}
DOCUMENTS: Mapping[str, tuple[str, ...]] = {
    "input_data": ("input",),
    "output_data": ("output", "result", "details"),
}
MOST_MILLISECONDS = 10**15
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z", re.ASCII)


def steps_that_differ(
    columns: Mapping[str, str | None], rows: Sequence[Mapping[str, Any]]
) -> Iterator[tuple[str, str]]:
    """(column of the step rows, detail) of whatever did not arrive; an empty column where rows are too few or too many."""
    entries = carried_steps(columns)
    if entries is None:
        return
    told = {str(at): entry for at, entry in enumerate(entries) if isinstance(entry, dict)}
    arrived = {str(row.get("position")): row for row in rows}
    if len(rows) != len(told) or arrived.keys() != told.keys():
        yield "", f"{len(rows)} rows, {len(told)} steps"
        return
    for at, entry in told.items():
        for column in _columns_that_differ(entry, arrived[at]):
            yield column, f"step {at}"


def carried_steps(columns: Mapping[str, str | None]) -> list[Any] | None:
    """The entries as they stand there; None where they are no list, or hold what cannot be stored as it is."""
    text = next((text for name in STEP_COLUMNS if (text := columns.get(name)) and text not in NO_STEPS), "[]")
    if not is_storable(text):
        return None
    try:
        value = loads(text)
        value = loads(value) if isinstance(value, str) else value
    except AtlasError:
        return None
    return value if isinstance(value, list) else None


def _columns_that_differ(entry: Mapping[str, Any], row: Mapping[str, Any]) -> Iterator[str]:
    for column, keys in TEXTS.items():
        told = next((entry[key] for key in keys if entry.get(key) not in (None, "")), None)
        if isinstance(told, str) and told != row.get(column):
            yield column
    for column, keys in DOCUMENTS.items():
        told = next((entry[key] for key in keys if entry.get(key) is not None), None)
        if told is not None and not is_same_json(dumps_text(told), str(row.get(column))):
            yield column
    if isinstance(entry.get("error"), str) and entry["error"] != row.get("error"):
        yield "error"
    if _word(entry.get("status")) in PLAIN_WORDS and _word(entry.get("status")) != row.get("status"):
        yield "status"
    if _is_time(entry.get("timestamp")) and instant(entry["timestamp"]) != instant(
        str(row.get("started_at"))
    ):
        yield "started_at"
    if _is_length(entry.get("duration")) and str(entry["duration"]) != row.get("execution_time_ms"):
        yield "execution_time_ms"


def _word(value: object) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _is_time(value: object) -> bool:
    # What stays as it is was no time of the calendar.
    return isinstance(value, str) and _TIME.fullmatch(value) is not None and instant(value) != value


def _is_length(value: object) -> bool:
    return type(value) is int and -MOST_MILLISECONDS < value < MOST_MILLISECONDS
