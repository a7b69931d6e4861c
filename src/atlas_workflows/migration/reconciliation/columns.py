"""What is said about every column of schema atlas: compared, and by which rule, or not compared, and why not.

A test holds this against the catalog, so a column that a later revision adds is blind nowhere: it is entered here, or the
test fails.
"""

from collections.abc import Mapping

from atlas_workflows.migration.ledger.fingerprint import FINGERPRINTED

LINEAGE = frozenset({"source_table", "source_id", "organization_id"})
NOTHING = "NULL"
# What a column holds in every row that a migration wrote: SQL, as it stands on the right side of a comparison. No
# migration writes these columns, so anything else came from somebody else.
AT_REST: Mapping[str, Mapping[str, str]] = {
    "workflows": {
        "published_version": NOTHING, "avg_execution_time_ms": "0", "usage_count": "0", "is_template": "false",
        "template_name": NOTHING, "template_description": NOTHING, "is_public": "false", "updated_by": NOTHING,
    },
    "workflow_versions": {"origin": "'legacy'", "executor": "'atlas_enhanced'"},
    "workflow_triggers": {
        "trigger_count": "0", "success_count": "0", "failure_count": "0", "next_run_at": NOTHING, "last_run_at": NOTHING,
    },
    "workflow_variables": {"current_value": NOTHING, "validation_rules": "'{}'"},
    "workflow_executions": {
        "workflow_version": NOTHING, "outcome": NOTHING, "reason": NOTHING, "variant": NOTHING, "trace_id": NOTHING,
        "envelope_version": "1", "subject": NOTHING, "started_by": NOTHING, "ended_by": NOTHING,
    },
    "workflow_execution_steps": {
        "retry_count": "0", "max_retries": NOTHING, "outcome": NOTHING, "reason": NOTHING, "variant": NOTHING,
        "workflow_version": NOTHING, "trace_id": NOTHING, "variables_snapshot": NOTHING, "envelope_version": "1",
        "step_key": NOTHING, "iteration": NOTHING, "port": NOTHING, "unresolved": NOTHING,
    },
    "workflow_webhooks": {
        "allowed_origins": "'{}'", "verify_signature": "true", "rate_limit": "100", "transform_payload": "'{}'",
        "filter_conditions": "'{}'", "successful_requests": "0", "failed_requests": "0", "expires_at": NOTHING, "manner": "'{}'",
    },
    "workflow_schedules": {"next_run_at": NOTHING},
    "workflow_templates": {
        "default_settings": "'{}'", "required_variables": "'[]'", "manifest": "'{}'", "slug": NOTHING,
        "template_version": "'1.0.0'", "author": NOTHING, "license": NOTHING, "requires": "'[]'", "content_hash": NOTHING,
        "is_featured": "false", "rating": "0", "updated_by": NOTHING,
    },
    "workflow_action_definitions": {
        "requires_auth": "true", "handler_function": NOTHING, "external_service_url": NOTHING, "timeout_seconds": "30",
        "max_retries": "3",
    },
    "workflow_trigger_definitions": {
        "supports_scheduling": "false", "supports_webhook": "false", "handler_function": NOTHING,
        "webhook_endpoint_template": NOTHING,
    },
    # Days as the old application counted them; what is counted from the executions is held against those.
    "workflow_analytics": {
        "cancelled_count": "0", "min_execution_time_ms": NOTHING, "max_execution_time_ms": NOTHING,
        "total_nodes_executed": "0", "total_actions_performed": "0", "total_conditions_evaluated": "0",
        "error_categories": "'{}'", "most_common_errors": "'[]'", "unique_users_affected": "0",
    },
}  # fmt: skip
# From its first cutover on, a workflow and what stands beside it may be switched on, published and counted: table -> the
# column that names the workflow.
DECIDED_HERE = {
    "workflows": "id",
    "workflow_triggers": "workflow_id",
    "workflow_variables": "workflow_id",
    "workflow_webhooks": "workflow_id",
    "workflow_schedules": "workflow_id",
}
# What somebody changed here says an entry of the audit log, written with the change: table -> the actions that are such changes.
# Every migrated endpoint is resumed once: that changes no rule of it.
CHANGED_HERE = {"workflow_webhooks": ("change_webhook",)}
# Tables that could name a source row, and that no migration writes to.
NEVER_MIGRATED = frozenset({"workflow_execution_logs", "workflow_conditions"})

_STATUS = "what it may be follows from sign-offs and ownership"
_OFF = "off until the workflow is executed here"
# Columns that other rules compare.
BY_RULE: Mapping[str, Mapping[str, str]] = {
    "workflows": {"status": _STATUS, "awaiting_sign_off": _STATUS, "owner": "legacy_app until a cutover decides"},
    "workflow_triggers": {"is_active": _OFF},
    "workflow_webhooks": {"is_active": _OFF},
    "workflow_schedules": {"is_active": _OFF},
    "migration_ledger": {
        "outcome": "with reasons, quarantine and rows", "changes": "in the fingerprint; signed where live",
        "source_hash": "computed anew from the source", "target_hash": "computed anew from the enhanced rows",
        "source_deleted_at": "no entry may be missing, and none may stand without its row",
        "rolled_back_at": "rows of an entry that was rolled back are rows without an entry",
    },
    "originals": {
        "content": "column by column with the source", "sealed": "opened, then like content",
        "content_hash": "computed anew from the source",
    },
    "quarantine": {"reasons": "same codes as the ledger", "resolved_at": "open exactly where the outcome says so"},
    "secrets": {"id": "what refers to it finds it", "sealed": "opened, and looked for in the source row",
                "connector": "no reference opens a connector's credential: what refers to one finds nothing"},
    "sign_offs": {
        "workflow_id": "live only where signed", "code": "live only where signed",
        "source_hash": "signed for the source as it is", "voided_at": "a void one counts for nothing",
    },
    "captured_changes": {"source_table": "its row is pending", "source_id": "its row is pending"},
}  # fmt: skip

_LOADED_AT = "when the row was loaded; the old application has no such time"
_BY_THE_RUN = "which run wrote it, and when"
_VERIFIED = "how calls are verified here, which people decide"
_COMPUTED = "the database computes it from columns that are compared"
NOT_COMPARED: Mapping[str, Mapping[str, str]] = {
    "workflows": {
        "revision": "counts how often the row was written here",
        "at_once": "written when a version is published here",
        "error_rate": _COMPUTED, "performance_score": _COMPUTED,
    },
    "workflow_triggers": {"updated_at": _LOADED_AT},
    "workflow_variables": {"updated_at": _LOADED_AT},
    "workflow_execution_steps": {"updated_at": _LOADED_AT},
    "workflow_schedules": {"updated_at": _LOADED_AT},
    "workflow_webhooks": {
        "scheme": _VERIFIED, "previous_secret_id": _VERIFIED, "previous_until": _VERIFIED,
    },
    "workflow_analytics": {"updated_at": _LOADED_AT},
    "workflow_action_definitions": {"created_at": _LOADED_AT, "updated_at": _LOADED_AT},
    "workflow_trigger_definitions": {"created_at": _LOADED_AT, "updated_at": _LOADED_AT},
    "trigger_evidence": {"forecast": "a forecast from counts of events, written when all rows have moved"},
    "archive": {"phase_run_id": _BY_THE_RUN, "archived_at": _BY_THE_RUN},
    "migration_ledger": {
        "phase": _BY_THE_RUN, "phase_run_id": _BY_THE_RUN, "migrated_at": _BY_THE_RUN,
        "inputs_hash": "decides only whether a row is translated again",
    },
    "originals": {"first_seen_run": _BY_THE_RUN, "updated_run": _BY_THE_RUN},
    "quarantine": {
        "phase": _BY_THE_RUN, "phase_run_id": _BY_THE_RUN, "quarantined_at": _BY_THE_RUN,
        "resolution": "a word about why an entry was closed",
    },
    "secrets": {
        "key_id": "which key sealed it; what counts is that one opens it", "hint": "masked, for people",
        "created_at": _BY_THE_RUN, "rotated_at": _BY_THE_RUN, "phase": _BY_THE_RUN,
    },
    "sign_offs": {
        "id": "nothing refers to it", "signed_by": "a person's word; certificates state it",
        "reason": "a person's word; certificates state it", "signed_at": "certificates state it", "void_reason": "a word",
    },
    "captured_changes": {
        "operation": "every change is taken up alike", "txid": _BY_THE_RUN, "captured_at": _BY_THE_RUN,
    },
}  # fmt: skip

_BY_HOUR = "by the hour, in the zone of the organization; over all hours nothing is left to add up"
# Rows of workflow_analytics that are counted here from migrated executions, anew in every run: over all hours of a workflow
# these columns must add up to its executions and their steps.
COUNTED = frozenset(
    {"workflow_id", "organization_id", "origin", "executions_count", "successful_count", "failed_count", "cancelled_count",
     "total_execution_time_ms", "min_execution_time_ms", "max_execution_time_ms", "total_nodes_executed",
     "total_actions_performed", "total_conditions_evaluated", "error_categories"}
)  # fmt: skip
COUNTED_NOT_COMPARED: Mapping[str, str] = {
    "id": "follows from workflow, day and hour", "date": _BY_HOUR, "hour": _BY_HOUR, "avg_execution_time_ms": _BY_HOUR,
    "most_common_errors": _BY_HOUR, "unique_triggers": _BY_HOUR, "unique_users_affected": _BY_HOUR, "created_at": _BY_THE_RUN,
    "updated_at": _BY_THE_RUN, "source_table": "says that it was counted", "source_id": "names the workflow",
}  # fmt: skip

_RUNS = "keeps how runs went; nothing of it comes from a legacy row"
_HERE = "keeps what is done here; nothing of it comes from a legacy row"
_DECIDED = "keeps what people decided here; nothing of it comes from a legacy row"
_SURVEY = "counts of the old application's history; surveyed anew in every run"
TABLES_NOT_COMPARED: Mapping[str, str] = {
    **dict.fromkeys(
        ("phase_runs", "phase_run_steps", "backfill_cursors", "validation_results", "validation_failing_keys", "checklist_items",
         "organization_phases", "schema_version"), _RUNS),
    "certificates": "what a reconciliation found; scripts/verify_certificate.py checks it",
    "audit_log": "who did what; append-only",
    **dict.fromkeys(("cohorts", "flags", "flag_overrides", "rollouts", "send_policies", "execution_owners", "ownership_epochs",
                     "connector_limits", "audiences"), _DECIDED),
    **dict.fromkeys(("workflow_evidence", "organization_events"), _SURVEY),
    "consents": "an append-only ledger over the CRM's own tables, which are no part of the old automations",
    "consent_writes": "consents written back to the CRM's tables; each is kept with what stood there before",
    "legacy_writes": "values of ours in legacy tables; the comparison puts them back before it reads",
    "draft_revisions": "what a draft was before it was written again; what it is now is compared",
    **dict.fromkeys(("shadow_workflows", "shadow_differences"), "what a shadow run found; it looks at the same rows by executing them"),
    "schedule_activations": "what phase 4 found about schedules; computed anew in every run",
    **dict.fromkeys(
        ("workflow_execution_queue", "workflow_performance_metrics", "workflow_rate_limits", "execution_states", "execution_inbox",
         "enrolments", "enrolment_refusals", "effects", "dead_letters", "fallbacks", "exposures", "crm_writes", "event_outbox",
          "event_capture_warnings", "webhook_deliveries", "webhook_rates", "webhook_refusals", "deferred_events", "listening_triggers", "wait_subscriptions",
          "audience_runs", "audience_members", "api_keys", "api_rates", "api_answers", "draft_presence", "v1_documents", "v1_usage", "v1_watches", "v1_let_ins", "recurring_snapshots", "recurring_schedules",
          "recurring_pauses", "recurring_occurrences"), _HERE),
}  # fmt: skip


def compared_by(table: str, column: str) -> str | None:
    """The rule that compares the column; None for one that is not compared."""
    if table in TABLES_NOT_COMPARED:
        return None
    if table in NEVER_MIGRATED:
        return "no row of it may name a source row"
    if column in LINEAGE:
        return "says whose row it is, and of which source row it was made"
    if column in FINGERPRINTED.get(table, ()):
        return "fingerprint of what was written"
    if column in AT_REST.get(table, {}):
        return f"is {AT_REST[table][column]}, which no migration changes"
    return BY_RULE.get(table, {}).get(column)


def not_compared_because(table: str, column: str) -> str | None:
    """Why the column is not compared; None for one that is, or that nobody thought of."""
    return TABLES_NOT_COMPARED.get(table) or NOT_COMPARED.get(table, {}).get(column)
