"""Columns that must arrive as they are, whatever else translation does: this module's own word on where they go."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from atlas_workflows.migration.reconciliation.hidden import is_rest_of
from atlas_workflows.migration.reconciliation.same_value import canonical_json, instant

MAX_UNESCAPES = 20
REFERENCES = frozenset({"$secret", "$formula"})
MAX_TEXT = 2_000  # characters of a name


class Untold(StrEnum):
    """What a column of ours holds where the source tells nothing: its columns are NULL, or it has none of them."""

    WHATEVER = "whatever"
    EMPTY = "empty"
    NOUGHT = "0"

    @property
    def text(self) -> str | None:
        """What stands there, as text; None for NULL."""
        return "0" if self is Untold.NOUGHT else None


@dataclass(frozen=True, slots=True)
class Carried:
    """`sources`: the first of these columns that the source row has; `kind`: text, filled (an empty one asks for
    nothing), whole (a number), count (one from 0 on) or day (of what is none of these nothing is asked), id, escaped, instant or
    json."""

    sources: tuple[str, ...]
    target: str
    kind: str = "text"
    untold: Untold = Untold.WHATEVER


def _of_day(target: str, kind: str, *sources: str) -> Carried:
    """A column of a day, from the source column of its name where `sources` names no other. Nothing stands in for what the old
    application did not count: a count is 0, all else NULL."""
    untold = Untold.NOUGHT if kind == "count" else Untold.EMPTY
    return Carried(sources or (target,), target, kind, untold)


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
            _of_day("id", "id"),
            _of_day("workflow_id", "id"),
            _of_day("date", "day"),
            _of_day("hour", "whole"),
            _of_day("executions_count", "count"),
            _of_day("successful_count", "count", "success_count", "successful_executions"),
            _of_day("failed_count", "count", "failure_count", "failed_executions"),
            _of_day("total_execution_time_ms", "whole"),
            _of_day("avg_execution_time_ms", "whole"),
            _of_day("unique_triggers", "count"),
            _of_day("created_at", "instant"),
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
    """Names of target columns that do not hold what the source holds, or what they hold where it tells nothing.

    In a sealed row JSON may hold references where secrets stood, so JSON is left to the fingerprint there, and texts
    may have parts hidden.
    """
    for column in carried:
        value = next((source[name] for name in column.sources if source.get(name) is not None), None)
        if value is None:
            if column.untold is not Untold.WHATEVER and target.get(column.target) != column.untold.text:
                yield column.target
            continue
        if is_sealed and column.kind == "json":
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
    "whole": re.compile(r"0|-[1-9][0-9]{0,16}|[1-9][0-9]{0,17}"),
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
