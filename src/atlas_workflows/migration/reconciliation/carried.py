"""Columns that must arrive as they are, whatever else translation does: this module's own word on where they go."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from atlas_workflows.migration.reconciliation.hidden import is_rest_of
from atlas_workflows.migration.reconciliation.same_value import canonical_json, instant

MAX_UNESCAPES = 20
REFERENCES = frozenset({"$secret", "$formula"})
MAX_TEXT = 2_000  # characters of a name


@dataclass(frozen=True, slots=True)
class Carried:
    """`sources`: the first of these columns that the source row has; `kind`: text, filled (an empty one asks for
    nothing), whole (a number), count (one from 0 on) or day (of what is none of these nothing is asked), id, escaped, instant or
    json."""

    sources: tuple[str, ...]
    target: str
    kind: str = "text"


# source table -> (enhanced table that holds its one main row, columns carried over)
MAIN_ROW: Mapping[str, tuple[str, tuple[Carried, ...]]] = {
    "workflows": (
        "workflows",
        (
            Carried(("id",), "id", "id"),
            Carried(("name",), "name", "escaped"),
            Carried(("description",), "description", "escaped"),
            Carried(("created_at",), "created_at", "instant"),
            Carried(("updated_at",), "updated_at", "instant"),
        ),
    ),
    "workflow_versions": (
        "workflow_versions",
        (
            Carried(("workflow_id",), "workflow_id", "id"),
            Carried(("version",), "version"),
            Carried(("created_at",), "created_at", "instant"),
        ),
    ),
    "workflow_templates": (
        "workflow_templates",
        (
            Carried(("name",), "name", "escaped"),
            Carried(("description",), "description"),
            Carried(("created_at",), "created_at", "instant"),
        ),
    ),
    "workflow_executions": (
        "workflow_executions",
        (
            Carried(("id",), "id", "id"),
            Carried(("workflow_id",), "workflow_id", "id"),
            Carried(("started_at",), "started_at", "instant"),
            Carried(("completed_at",), "completed_at", "instant"),
            Carried(("created_at",), "created_at", "instant"),
            Carried(("updated_at",), "updated_at", "instant"),
            Carried(("execution_time_ms", "duration_ms"), "execution_time_ms", "whole"),
            Carried(("triggered_by",), "triggered_by"),
            Carried(("error", "error_message"), "error"),
            Carried(("trigger_data",), "trigger_data", "json"),
            Carried(("input_data",), "input_data", "json"),
            Carried(("output_data", "result"), "output_data", "json"),
            Carried(("context", "execution_metadata"), "context", "json"),
        ),
    ),
    "workflow_execution_steps": (
        "workflow_execution_steps",
        (
            Carried(("id",), "id", "id"),
            Carried(("execution_id",), "execution_id", "id"),
            Carried(("node_id",), "node_id", "filled"),
            Carried(("node_type",), "node_type", "filled"),
            Carried(("action_type",), "action_type"),
            Carried(("started_at",), "started_at", "instant"),
            Carried(("completed_at",), "completed_at", "instant"),
            Carried(("created_at",), "created_at", "instant"),
            Carried(("execution_time_ms",), "execution_time_ms", "whole"),
            Carried(("error", "error_message"), "error"),
            Carried(("input_data",), "input_data", "json"),
            Carried(("output_data",), "output_data", "json"),
        ),
    ),
    "workflow_analytics": (
        "workflow_analytics",
        (
            Carried(("id",), "id", "id"),
            Carried(("workflow_id",), "workflow_id", "id"),
            Carried(("date",), "date", "day"),
            Carried(("hour",), "hour", "count"),
            Carried(("executions_count",), "executions_count", "count"),
            Carried(("success_count", "successful_executions"), "successful_count", "count"),
            Carried(("failure_count", "failed_executions"), "failed_count", "count"),
            Carried(("total_execution_time_ms",), "total_execution_time_ms", "whole"),
            Carried(("avg_execution_time_ms",), "avg_execution_time_ms", "whole"),
            Carried(("unique_triggers",), "unique_triggers", "count"),
            Carried(("created_at",), "created_at", "instant"),
        ),
    ),
}


def columns_that_differ(
    source: Mapping[str, str | None],
    target: Mapping[str, Any],
    carried: tuple[Carried, ...],
    *,
    is_sealed: bool,
) -> Iterator[str]:
    """Names of target columns that do not hold what the source holds. A NULL source column asks for nothing.

    In a sealed row JSON may hold references where secrets stood, so JSON is left to the fingerprint there, and texts
    may have parts hidden.
    """
    for column in carried:
        value = next((source[name] for name in column.sources if source.get(name) is not None), None)
        if value is None or (is_sealed and column.kind == "json"):
            continue
        # An empty text may arrive as NULL, and a workflow without a name gets one.
        if column.kind == "escaped" and not html.unescape(value).strip():
            continue
        if (column.kind == "filled" and not value) or (
            column.kind in _FORMS and not _FORMS[column.kind].fullmatch(value)
        ):
            continue
        arrived = target.get(column.target)
        if not _arrived(column.kind, value, arrived) and not (
            is_sealed and _is_hidden(column.kind, value, arrived)
        ):
            yield column.target


def _arrived(kind: str, value: str, arrived: Any) -> bool:
    if value == arrived:  # nearly always, and much sooner known than by reading both
        return True
    if arrived is None:
        return False
    if kind == "instant":
        return instant(value) == instant(str(arrived))
    if kind == "id":
        told = _uuid(value)
        return told is None or told == str(arrived)  # one that is no UUID gets a derived one
    if kind == "json":
        return is_same_json(value, str(arrived))
    if kind == "escaped":
        return any(arrived in (plain, plain[:MAX_TEXT]) for plain in unescapings(value))
    return value == str(arrived)


def is_same_json(told: str, arrived: str) -> bool:
    """Whether a document arrived as it is."""
    if not is_storable(told):
        return True  # it cannot have arrived as it is; the fingerprint guards what was made of it
    value = canonical_json(told)
    return bool(canonical_json(arrived) in (value, _escaped(value)))


def is_storable(document: str) -> bool:
    """Whether jsonb takes the document as it is."""
    return _NOT_IN_JSONB.search(document) is None


def _escaped(value: Any) -> Any:
    """Keys that would be live references of ours arrive with one more dollar sign."""
    if isinstance(value, list):
        return [_escaped(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {f"${key}" if key in REFERENCES else key: _escaped(item) for key, item in value.items()}


def _is_hidden(kind: str, value: str, arrived: Any) -> bool:
    """Whether a text arrived but for the secrets in it."""
    if kind not in ("text", "filled", "escaped") or arrived is None:
        return False
    plain = unescapings(value) if kind == "escaped" else (value,)
    return any(is_rest_of(str(arrived), text) for full in plain for text in (full, full[:MAX_TEXT]))


# As a translation reads a length of time, a count and a day: anything else it reports, or the database reads.
_FORMS = {
    "whole": re.compile(r"-?[0-9]{1,17}"),
    "count": re.compile(r"0|[1-9][0-9]{0,17}"),
    "day": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
}
# NUL, half surrogates and numbers of tens of thousands of digits: json columns hold them, jsonb refuses them.
_NOT_IN_JSONB = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|[0-9][eE][+-]?[0-9]{5}")


def _uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


def unescapings(text: str) -> Iterator[str]:
    """The text itself and what it becomes when HTML escaping is undone once, twice, … until nothing changes."""
    for _ in range(MAX_UNESCAPES):
        yield text
        plain = html.unescape(text)
        if plain == text:
            return
        text = plain
