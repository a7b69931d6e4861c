"""What is hashed, and how: the original of a source row, and the target rows that were made of it.

The loader writes both into the ledger; the reconciler computes both again from what the tables hold now. Hashed is what
PostgreSQL prints for a column (`column::text` in sessions of ours), so that the database can take the same hashes itself:
`in_sql` says them in SQL, and `spelling` tells beforehand how a value on its way in will be printed.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.ledger.spelling import array_of, document_of, text_of, time_of

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
TIME_COLUMNS = frozenset(
    name for columns in FINGERPRINTED.values() for name in columns if name.endswith("_at")
)
Row = Mapping[str, Any]
_SPELLINGS: Mapping[str, Callable[[Any], str]] = {
    **dict.fromkeys(TIME_COLUMNS, time_of),
    **dict.fromkeys(JSON_COLUMNS, document_of),
}
_WRITTEN = {
    table: tuple((name, _SPELLINGS.get(name, text_of)) for name in columns)
    for table, columns in FINGERPRINTED.items()
}


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


def target_fingerprint(rows: Mapping[str, Iterable[Row]]) -> str:
    """JSON text {table: digest} over the fingerprinted columns of all target rows of one source row, as the loader writes them."""
    return _fingerprint(rows, written_text)


def stored_fingerprint(rows: Mapping[str, Iterable[Row]]) -> str:
    """The same of rows as they lie in the tables: `column::text`, and a list for text[]; nothing is spelled anew."""
    return _fingerprint(rows, stored_text)


def written_text(table: str, row: Row) -> str:
    """What is hashed of a row that the loader writes: `name=length:value;` for every column that is not NULL."""
    parts = []
    for name, spell in _WRITTEN[table]:
        if (value := row.get(name)) is not None:
            text = spell(value)
            parts.append(f"{name}={len(text)}:{text};")
    return "".join(parts)


def stored_text(table: str, row: Row) -> str:
    """What is hashed of a row as it was read."""
    parts = []
    for name in FINGERPRINTED[table]:
        if (value := row.get(name)) is not None:
            text = value if type(value) is str else array_of(value)
            parts.append(f"{name}={len(text)}:{text};")
    return "".join(parts)


def _fingerprint(rows: Mapping[str, Iterable[Row]], text: Callable[[str, Row], str]) -> str:
    digests = {
        table: _digest([text(table, row) for row in members])
        for table, members in sorted(rows.items())
        if table in FINGERPRINTED
    }
    return dumps_text({table: digest for table, digest in digests.items() if digest is not None})


def _digest(texts: list[str]) -> str | None:
    """Of a table's rows, in the order of their bytes."""
    return content_digest("\n".join(sorted(texts)))[:32] if texts else None
