"""What is hashed, and how: the original of a source row, and the target rows that were made of it.

The loader writes both into the ledger; the reconciler computes both again from what the tables hold now. Neither
depends on how values are spelled: JSON is compared as a value, times as instants.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from atlas_workflows.errors import InvalidJson
from atlas_workflows.exact_json import dumps, dumps_text, loads

# table of schema atlas -> columns the loader always writes and that nobody may change behind its back.
# status, awaiting_sign_off and a trigger's is_active are left out: sign-off and cutover change them.
FINGERPRINTED: Mapping[str, tuple[str, ...]] = {
    "workflows": (
        "id", "organization_id", "name", "description", "category", "tags", "definition", "intended_status",
        "legacy_reported", "template_id", "created_by", "created_at", "updated_at", "last_run_at",
        "total_executions", "successful_executions", "failed_executions",
    ),
    "workflow_versions": (
        "id", "workflow_id", "organization_id", "version", "definition", "definition_hash", "changes", "created_by",
        "created_at",
    ),
    "workflow_triggers": (
        "id", "workflow_id", "organization_id", "trigger_key", "trigger_type", "trigger_name", "trigger_config",
        "schedule", "webhook_endpoint", "webhook_secret_id", "last_triggered_at", "created_at",
    ),
    "trigger_evidence": (
        "workflow_id", "organization_id", "trigger_key", "trigger_type", "evidence", "rule", "event_kind",
        "event_details", "is_certain", "messages_low", "messages_high",
    ),
    "workflow_variables": (
        "id", "organization_id", "workflow_id", "name", "data_type", "default_value", "description", "scope",
        "is_secret", "secret_id", "is_required", "created_at",
    ),
    "workflow_executions": (
        "id", "organization_id", "workflow_id", "status", "triggered_by", "trigger_data", "input_data", "output_data",
        "context", "error", "started_at", "completed_at", "execution_time_ms", "created_at", "updated_at", "legacy_flags",
    ),
    "workflow_execution_steps": (
        "id", "execution_id", "organization_id", "position", "node_id", "node_type", "action_type", "status",
        "input_data", "output_data", "error", "started_at", "completed_at", "execution_time_ms", "context_snapshot",
        "created_at", "legacy_flags",
    ),
    "workflow_webhooks": (
        "id", "organization_id", "workflow_id", "name", "endpoint_id", "secret_id", "total_requests",
        "last_triggered_at", "created_at", "updated_at",
    ),
    "workflow_schedules": (
        "id", "organization_id", "workflow_id", "trigger_id", "schedule", "timezone", "legacy_config", "last_run_at",
        "created_at",
    ),
    "workflow_templates": (
        "id", "organization_id", "name", "description", "category", "icon", "preview_image", "definition", "is_public",
        "usage_count", "tags", "created_by", "created_at", "updated_at",
    ),
    "workflow_code_snippets": (
        "id", "organization_id", "name", "description", "code", "language", "input_variables", "output_variables",
        "is_shared", "created_by", "created_at", "updated_at",
    ),
    "workflow_analytics": (
        "id", "organization_id", "workflow_id", "date", "hour", "origin", "executions_count", "successful_count",
        "failed_count", "total_execution_time_ms", "avg_execution_time_ms", "unique_triggers", "created_at",
    ),
    "workflow_trigger_definitions": (
        "id", "organization_id", "trigger_type", "category", "name", "description", "icon", "config_schema",
        "output_schema", "is_active", "version",
    ),
    "workflow_action_definitions": (
        "id", "organization_id", "action_type", "category", "name", "description", "icon", "input_schema",
        "output_schema", "config_schema", "is_premium", "is_active", "version",
    ),
    "archive": ("id", "organization_id", "table_name", "row_id", "row", "reason"),
    # What was found while translating: without it a sign-off would no longer be asked for.
    "migration_ledger": ("reasons", "semantic_changes"),
}  # fmt: skip
JSON_COLUMNS = frozenset(
    {
        "definition", "legacy_reported", "trigger_config", "schedule", "default_value", "current_value",
        "trigger_data", "input_data", "output_data", "context", "context_snapshot", "legacy_config", "input_variables", "output_variables",
        "config_schema", "input_schema", "output_schema", "row", "reasons", "semantic_changes",
    }
)  # fmt: skip


SHORT = 200  # characters


def original_content(columns: Mapping[str, str | None]) -> str:
    """The exact original of a row: compact JSON of column -> column::text, in column order."""
    return dumps_text(dict(columns))


def content_digest(content: str) -> str:
    """sha256 hex of an original; for a sealed one the sealer's HMAC takes its place."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def with_findings(rows: Mapping[str, Any], reasons: str | None, changes: str | None) -> Mapping[str, Any]:
    """The target rows and, where anything was found while translating, that as a row of the ledger (JSON texts)."""
    if not rows or (reasons or "[]") == (changes or "[]") == "[]":
        return rows
    return {**rows, "migration_ledger": [{"reasons": reasons, "semantic_changes": changes}]}


def target_fingerprint(rows: Mapping[str, Iterable[Mapping[str, Any]]]) -> str:
    """JSON text {table: digest} over the fingerprinted columns of all target rows of one source row.

    Values may come as the loader writes them or as `column::text` (text[] as a list) reads them back.
    """
    digests = {
        table: _table_digest(table, members) for table, members in rows.items() if table in FINGERPRINTED
    }
    return dumps_text({table: digest for table, digest in sorted(digests.items()) if digest is not None})


def _table_digest(table: str, rows: Iterable[Mapping[str, Any]]) -> str | None:
    members = sorted(_canonical_row(FINGERPRINTED[table], row) for row in rows)
    return hashlib.sha256(b"\n".join(members)).hexdigest()[:32] if members else None


def _canonical_row(columns: tuple[str, ...], row: Mapping[str, Any]) -> bytes:
    present = [(name, value) for name in columns if (value := row.get(name)) is not None]
    return dumps([[name, _CANONICAL.get(name, _plain)(value)] for name, value in present])


def _plain(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return [str(item) for item in value]
    return str(value)


def _json(value: Any) -> Any:
    return _short_json(value) if type(value) is str and len(value) <= SHORT else canonical_json(value)


@lru_cache(maxsize=4096)
def _short_json(text: str) -> Any:
    # Empty objects, `{"source": "website"}` and their like make up most of all JSON there is.
    return canonical_json(text)


def _time(value: Any) -> str:
    return instant(str(value))


def canonical_json(value: Any) -> Any:
    """JSON (text, or already decoded) as a value whose spelling no longer matters: keys sorted, numbers reduced."""
    if isinstance(value, str | bytes):
        try:
            value = loads(value)
        except InvalidJson:
            return value
    return _reduced(value)


def _reduced(value: Any) -> Any:
    kind = type(value)
    if kind is dict:
        # Most values are texts; they are not worth a call each.
        return {key: item if type(item := value[key]) is str else _reduced(item) for key in sorted(value)}
    if kind is list or kind is tuple:
        return [item if type(item) is str else _reduced(item) for item in value]
    if kind is int:
        return {"#": str(value)}  # a number never equals the text that spells it
    if kind is Decimal or kind is float:
        return {"#": _digits(Decimal(str(value)))}
    return value


def _digits(number: Decimal) -> str:
    # 1.10 and 1.1 stay different (jsonb keeps the scale); 1E+2 and 100 are what jsonb makes equal.
    return format(number, "f") if abs(number.adjusted()) < 1000 else str(number)


def instant(text: str) -> str:
    """A time as UTC to the microsecond, however it is written; what no calendar holds (infinity, BC) stays as it is."""
    if _POSTGRES_UTC.fullmatch(
        text
    ):  # as every session of ours reads it: three times faster than by the calendar
        return f"{text[:10]}T{text[11:19]}{text[19:-3].ljust(7, '0') if len(text) > 22 else ''}+00:00"
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):  # the first and last hours of the calendar have no UTC in it
        return text


_POSTGRES_UTC = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,6})?\+00", re.ASCII)
_CANONICAL: Mapping[str, Callable[[Any], Any]] = {
    **{name: _time for columns in FINGERPRINTED.values() for name in columns if name.endswith("_at")},
    **dict.fromkeys(JSON_COLUMNS, _json),
}
