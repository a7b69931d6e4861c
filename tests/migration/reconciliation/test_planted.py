"""Prove the prover: over fifty kinds of corruption, planted one each in a migrated database; every one is found.

All are planted in one database, each in a row of its own, and one reconciliation must name each by kind, table and
row; a second database without any must raise no alarm.
"""

from dataclasses import dataclass
from typing import Any

import psycopg
from as_found import told

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.migration.reconciliation.columns import AT_REST, COUNTED
from atlas_workflows.migration.reconciliation.differences import DifferenceKind
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks.endpoints import Change, change_webhook

WORKFLOW = "SELECT source_id FROM atlas.migration_ledger WHERE source_table = 'workflows' AND outcome LIKE 'migrated%%'"
# Most workflows of the sample never fired, and have texts with variables; that they wait for a signature makes no
# difference to what was carried over.
GRAPH = WORKFLOW + (
    " AND NOT EXISTS (SELECT FROM jsonb_array_elements(changes) AS c WHERE c ->> 'code' NOT LIKE 'TRIGGER%%'"
    " AND c ->> 'code' <> 'TEXT_WAS_NOT_FILLED')"
    " AND source_id::uuid IN (SELECT id FROM atlas.workflows"
    " WHERE jsonb_array_length(definition -> 'edges') > 2 AND jsonb_array_length(definition -> 'nodes') > 2)"
    " AND source_id IN (SELECT source_id FROM atlas.originals WHERE sealed IS NULL)"
)
NAMED_TRIGGER = (
    GRAPH + " AND source_id::uuid IN (SELECT id FROM public.workflows WHERE trigger_type <> 'manual')"
)
QUARANTINED = (
    "SELECT source_id FROM atlas.migration_ledger WHERE source_table = %(table)s AND outcome = 'quarantined'"
)
EXECUTION = "SELECT source_id FROM atlas.migration_ledger WHERE source_table = 'workflow_executions' AND outcome = 'migrated'"
STEP = "SELECT source_id FROM atlas.migration_ledger WHERE source_table = 'workflow_execution_steps' AND outcome = 'migrated'"
VERSION = "SELECT source_id FROM atlas.migration_ledger WHERE source_table = 'workflow_versions' AND outcome LIKE 'migrated%%'"
VARIABLE = "SELECT source_id FROM atlas.workflow_variables WHERE source_table = 'workflow_variables' AND NOT is_secret"
SEALED = "SELECT w.id::text FROM atlas.workflows AS w WHERE w.definition::text LIKE '%%$secret%%' AND w.source_table IS NOT NULL"
CHANGED = WORKFLOW + " AND changes <> '[]'"
OTHER = "(SELECT id FROM public.organizations WHERE id <> {0}.organization_id ORDER BY id LIMIT 1)"
UNSEALED = (
    "SELECT v.source_id FROM atlas.workflow_variables AS v"
    " WHERE v.source_table = 'workflow_variables' AND v.secret_id IS NOT NULL"
)
OF_WEBHOOK = "(SELECT secret_id FROM atlas.workflow_webhooks WHERE source_id = %(id)s)"
OF_VARIABLE = "(SELECT secret_id FROM atlas.workflow_variables WHERE source_id = %(id)s)"
LEDGER = "UPDATE atlas.migration_ledger SET {0} WHERE source_table = %(table)s AND source_id = %(id)s"
ORIGINAL = "UPDATE atlas.originals SET {0} WHERE source_table = %(table)s AND source_id = %(id)s"


@dataclass(frozen=True)
class Plant:
    """`pick` lists possible victims, `do` corrupts one, `kind` is what must be found of it."""

    name: str
    kind: DifferenceKind
    table: str
    pick: str
    do: str


def workflow(name: str, kind: DifferenceKind, change: str, pick: str = GRAPH) -> Plant:
    return Plant(
        name, kind, "workflows", pick, f"UPDATE atlas.workflows SET {change} WHERE id = %(id)s::uuid"
    )


def unseen(change: str) -> str:
    """A change of the definition by one who also forges the ledger's fingerprint: only conservation can find it."""
    return (
        f"UPDATE atlas.workflows SET definition = {change} WHERE id = %(id)s::uuid;"
        "UPDATE atlas.migration_ledger SET target_hash = '{}' WHERE source_table = 'workflows' AND source_id = %(id)s"
    )


def trigger(name: str, kind: DifferenceKind, do: str) -> Plant:
    return Plant(name, kind, "workflows", GRAPH, do)


def beside(name: str, kind: DifferenceKind, table: str, ours: str, change: str) -> Plant:
    """A change of a row that was made of a migrated row of one of the smaller tables."""
    return Plant(
        name, kind, table, f"SELECT source_id FROM atlas.{ours} WHERE source_table = '{table}'",
        f"UPDATE atlas.{ours} SET {change} WHERE source_id = %(id)s",
    )  # fmt: skip


def execution(name: str, kind: DifferenceKind, change: str) -> Plant:
    return Plant(
        name, kind, "workflow_executions", EXECUTION,
        f"UPDATE atlas.workflow_executions SET {change} WHERE id = %(id)s::uuid",
    )  # fmt: skip


def step(name: str, kind: DifferenceKind, change: str) -> Plant:
    return Plant(
        name, kind, "workflow_execution_steps", STEP,
        f"UPDATE atlas.workflow_execution_steps SET {change} WHERE id = %(id)s::uuid",
    )  # fmt: skip


PLANTS = (
    # Rows lost and rows born
    Plant("ledger entry lost", DifferenceKind.LEDGER_MISSING, "workflows", GRAPH,
          "DELETE FROM atlas.migration_ledger WHERE source_table = 'workflows' AND source_id = %(id)s"),
    Plant("workflow lost", DifferenceKind.TARGET_MISSING, "workflows", GRAPH, "DELETE FROM atlas.workflows WHERE id = %(id)s::uuid"),
    Plant("execution lost", DifferenceKind.TARGET_MISSING, "workflow_executions", EXECUTION,
          "DELETE FROM atlas.workflow_executions WHERE id = %(id)s::uuid"),
    Plant("step lost", DifferenceKind.TARGET_MISSING, "workflow_execution_steps", STEP,
          "DELETE FROM atlas.workflow_execution_steps WHERE id = %(id)s::uuid"),
    Plant("version lost", DifferenceKind.TARGET_MISSING, "workflow_versions", VERSION,
          "DELETE FROM atlas.workflow_versions WHERE source_id = %(id)s AND source_table = 'workflow_versions'"),
    Plant("variable lost", DifferenceKind.TARGET_MISSING, "workflow_variables", VARIABLE,
          "DELETE FROM atlas.workflow_variables WHERE source_id = %(id)s AND source_table = 'workflow_variables'"),
    Plant("original lost", DifferenceKind.ORIGINAL_MISSING, "workflows", GRAPH,
          "DELETE FROM atlas.originals WHERE source_table = 'workflows' AND source_id = %(id)s"),
    Plant("original of an execution lost", DifferenceKind.ORIGINAL_MISSING, "workflow_executions", EXECUTION,
          "DELETE FROM atlas.originals WHERE source_table = 'workflow_executions' AND source_id = %(id)s"),
    Plant("quarantine entry lost", DifferenceKind.QUARANTINE_MISSING, "workflow_executions", QUARANTINED,
          "DELETE FROM atlas.quarantine WHERE source_table = 'workflow_executions' AND source_id = %(id)s"),
    Plant("source row lost", DifferenceKind.LEDGER_WITHOUT_SOURCE, "workflow_executions", EXECUTION,
          "DELETE FROM public.workflow_executions WHERE id = %(id)s::uuid"),
    Plant("source row born unseen", DifferenceKind.LEDGER_MISSING, "workflow_code_snippets",
          "SELECT id::text FROM public.workflow_code_snippets",
          "UPDATE atlas.migration_ledger SET source_id = source_id || '-x' WHERE source_table = 'workflow_code_snippets'"
          " AND source_id = %(id)s"),
    Plant("execution doubled", DifferenceKind.TARGET_DIFFERS, "workflow_executions", EXECUTION,
          "INSERT INTO atlas.workflow_executions (id, organization_id, workflow_id, status, started_at, source_table, source_id)"
          " SELECT id, organization_id, workflow_id, status, started_at - interval '1 us', source_table, source_id"
          " FROM atlas.workflow_executions WHERE id = %(id)s::uuid"),
    Plant("execution doubled under another id", DifferenceKind.TARGET_DIFFERS, "workflow_executions", EXECUTION,
          "INSERT INTO atlas.workflow_executions (id, organization_id, workflow_id, status, started_at, source_table, source_id)"
          " SELECT gen_random_uuid(), organization_id, workflow_id, status, started_at, source_table, source_id"
          " FROM atlas.workflow_executions WHERE id = %(id)s::uuid"),
    Plant("step doubled under another id", DifferenceKind.TARGET_DIFFERS, "workflow_execution_steps", STEP,
          "INSERT INTO atlas.workflow_execution_steps (id, execution_id, organization_id, started_at, position, node_id,"
          " node_type, status, source_table, source_id) SELECT gen_random_uuid(), execution_id, organization_id, started_at,"
          " position + 1000, node_id, node_type, status, source_table, source_id FROM atlas.workflow_execution_steps"
          " WHERE id = %(id)s::uuid"),
    Plant("analytics lost", DifferenceKind.TARGET_MISSING, "workflow_analytics",
          "SELECT source_id FROM atlas.workflow_analytics", "DELETE FROM atlas.workflow_analytics WHERE source_id = %(id)s"),
    Plant("archived job lost", DifferenceKind.TARGET_MISSING, "workflow_queue",
          "SELECT row_id FROM atlas.archive WHERE table_name = 'workflow_queue'",
          "DELETE FROM atlas.archive WHERE table_name = 'workflow_queue' AND row_id = %(id)s"),
    Plant("archived job changed", DifferenceKind.TARGET_DIFFERS, "workflow_queue",
          "SELECT row_id FROM atlas.archive WHERE table_name = 'workflow_queue'",
          "UPDATE atlas.archive SET \"row\" = \"row\" || '{\"priority\": \"9\"}' WHERE table_name = 'workflow_queue' AND row_id = %(id)s"),
    Plant("row from nowhere", DifferenceKind.TARGET_WITHOUT_LEDGER, "workflow_variables", VARIABLE,
          "UPDATE atlas.workflow_variables SET source_id = 'nowhere' WHERE source_id = %(id)s"),
    # Tenants swapped
    workflow("organization swapped", DifferenceKind.ORGANIZATION_DIFFERS, f"organization_id = {OTHER.format('workflows')}"),
    execution("organization of an execution swapped", DifferenceKind.ORGANIZATION_DIFFERS,
              f"organization_id = {OTHER.format('workflow_executions')}"),
    Plant("organization swapped in the ledger", DifferenceKind.ORGANIZATION_DIFFERS, "workflows", GRAPH,
          LEDGER.format(f"organization_id = {OTHER.format('migration_ledger')}")),
    Plant("organization swapped in the original", DifferenceKind.ORGANIZATION_DIFFERS, "workflows", GRAPH,
          ORIGINAL.format(f"organization_id = {OTHER.format('originals')}")),
    Plant("organization swapped in the quarantine", DifferenceKind.QUARANTINE_DIFFERS, "workflow_execution_steps", QUARANTINED,
          "UPDATE atlas.quarantine SET organization_id = gen_random_uuid() WHERE source_table = %(table)s AND source_id = %(id)s"),
    # Originals and hashes
    Plant("one character of an original changed", DifferenceKind.ORIGINAL_DIFFERS, "workflows", GRAPH,
          ORIGINAL.format("content = overlay(content placing 'X' from position('name' in content) + 9)")),
    Plant("a column of an original dropped", DifferenceKind.ORIGINAL_DIFFERS, "workflows", GRAPH,
          ORIGINAL.format("content = (content::jsonb - 'description')::text")),
    Plant("an original that is no JSON", DifferenceKind.ORIGINAL_DIFFERS, "workflow_executions", EXECUTION,
          ORIGINAL.format("content = 'gone'")),
    Plant("the original of another row", DifferenceKind.ORIGINAL_DIFFERS, "workflow_executions", EXECUTION,
          ORIGINAL.format("content = (SELECT content FROM atlas.originals WHERE source_table = 'workflow_executions'"
                          " AND content IS NOT NULL AND source_id <> %(id)s LIMIT 1)")),
    Plant("a sealed original broken", DifferenceKind.ORIGINAL_UNREADABLE, "workflows",
          "SELECT source_id FROM atlas.originals WHERE source_table = 'workflows' AND sealed IS NOT NULL",
          ORIGINAL.format("sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)")),
    Plant("source hash changed", DifferenceKind.HASH_DIFFERS, "workflows", GRAPH, LEDGER.format("source_hash = md5(source_hash)")),
    Plant("content hash changed", DifferenceKind.HASH_DIFFERS, "workflow_executions", EXECUTION, ORIGINAL.format("content_hash = 'x'")),
    Plant("source changed unseen", DifferenceKind.ORIGINAL_DIFFERS, "workflows", GRAPH,
          "UPDATE public.workflows SET name = name || '.' WHERE id = %(id)s::uuid"),
    Plant("source time moved by a microsecond", DifferenceKind.ORIGINAL_DIFFERS, "workflow_executions", EXECUTION,
          "UPDATE public.workflow_executions SET started_at = started_at + interval '1 us' WHERE id = %(id)s::uuid"),
    # Outcomes and reasons
    Plant("a warning silenced", DifferenceKind.REASON_MISSING, "workflows", WORKFLOW + " AND outcome <> 'migrated' AND changes = '[]'",
          LEDGER.format("reasons = '[]'")),
    Plant("a warning called plain", DifferenceKind.REASON_MISSING, "workflows", WORKFLOW + " AND outcome <> 'migrated'",
          LEDGER.format("outcome = 'migrated'")),
    Plant("a migrated row called skipped", DifferenceKind.TARGET_UNEXPECTED, "workflow_executions", EXECUTION,
          LEDGER.format("outcome = 'skipped', reasons = '[{\"code\": \"QUERY_COPY_SKIPPED\"}]'")),
    Plant("a migrated row in quarantine", DifferenceKind.QUARANTINE_UNEXPECTED, "workflow_executions", EXECUTION,
          "INSERT INTO atlas.quarantine (source_table, source_id, phase) VALUES (%(table)s, %(id)s, 'p1_database')"),
    Plant("quarantine for another reason", DifferenceKind.QUARANTINE_DIFFERS, "workflow_executions", QUARANTINED,
          "UPDATE atlas.quarantine SET reasons = '[{\"code\": \"LOAD_REFUSED\"}]' WHERE source_table = %(table)s AND source_id = %(id)s"),
    Plant("a change of meaning forgotten", DifferenceKind.TARGET_DIFFERS, "workflows",
          WORKFLOW + " AND jsonb_array_length(changes) > 1", LEDGER.format("changes = changes - 0")),
    Plant("a reason replaced", DifferenceKind.TARGET_DIFFERS, "workflows",
          WORKFLOW + " AND outcome = 'migrated_with_warnings' AND reasons <> '[]'",
          LEDGER.format("reasons = jsonb_set(reasons, '{0,code}', '\"TAG_MISSING\"')")),
    # Smaller tables
    beside("an endpoint renamed", DifferenceKind.TARGET_DIFFERS, "webhook_triggers", "workflow_webhooks", "endpoint_id = endpoint_id || 'x'"),
    beside("a zone changed", DifferenceKind.TARGET_DIFFERS, "schedule_triggers", "workflow_schedules", "timezone = 'Antarctica/Troll'"),
    beside("an hour changed", DifferenceKind.TARGET_DIFFERS, "schedule_triggers", "workflow_schedules",
           "schedule = schedule || '{\"cron\": \"1 2 3 4 5\"}'"),
    beside("a schedule armed before its cutover", DifferenceKind.STATUS_DIFFERS, "schedule_triggers", "workflow_schedules", "is_active = true"),
    beside("a template made public", DifferenceKind.TARGET_DIFFERS, "workflow_templates", "workflow_templates", "is_public = NOT is_public"),
    beside("code changed", DifferenceKind.TARGET_DIFFERS, "workflow_code_snippets", "workflow_code_snippets", "code = code || ' '"),
    beside("a reported count changed", DifferenceKind.TARGET_DIFFERS, "workflow_analytics", "workflow_analytics",
           "executions_count = executions_count + 1"),
    beside("a definition of a trigger changed", DifferenceKind.TARGET_DIFFERS, "trigger_definitions", "workflow_trigger_definitions",
           "config_schema = '{}'"),
    beside("a definition of an action changed", DifferenceKind.TARGET_DIFFERS, "action_definitions", "workflow_action_definitions",
           "input_schema = '{\"x\": 1}'"),
    # Columns
    Plant("armed before its cutover", DifferenceKind.STATUS_DIFFERS, "workflows", WORKFLOW + " AND changes = '[]' AND source_id::uuid"
          " IN (SELECT workflow_id FROM atlas.workflow_triggers)",
          "UPDATE atlas.workflow_triggers SET is_active = true WHERE workflow_id = %(id)s::uuid"),
    workflow("executed by us before its cutover", DifferenceKind.STATUS_DIFFERS, "owner = 'atlas_enhanced'"),
    workflow("a name changed", DifferenceKind.COLUMN_DIFFERS, "name = 'x'"),
    workflow("a time shifted by a microsecond", DifferenceKind.COLUMN_DIFFERS, "created_at = created_at + interval '1 us'"),
    workflow("last change rewritten to now", DifferenceKind.COLUMN_DIFFERS, "updated_at = now()"),
    workflow("tags dropped", DifferenceKind.TARGET_DIFFERS, "tags = '{ghost}'"),
    workflow("counters changed", DifferenceKind.TARGET_DIFFERS, "total_executions = total_executions + 1"),
    workflow("intended status changed", DifferenceKind.TARGET_DIFFERS, "intended_status = 'archived'"),
    execution("an execution moved to another workflow", DifferenceKind.COLUMN_DIFFERS,
              "workflow_id = (SELECT id FROM atlas.workflows AS w WHERE w.id <> workflow_executions.workflow_id LIMIT 1)"),
    execution("the end of an execution shifted", DifferenceKind.COLUMN_DIFFERS,
              "completed_at = coalesce(completed_at, started_at) + interval '1 us'"),
    execution("trigger data changed", DifferenceKind.TARGET_DIFFERS, "trigger_data = '{\"x\": 1}'"),
    execution("a status changed", DifferenceKind.TARGET_DIFFERS, "status = 'timeout'"),
    execution("a flag added", DifferenceKind.TARGET_DIFFERS, "legacy_flags = legacy_flags || ARRAY['ghost']"),
    step("a step moved to another node", DifferenceKind.COLUMN_DIFFERS, "node_id = 'elsewhere'"),
    step("the order of steps changed", DifferenceKind.TARGET_DIFFERS, "position = position + 1"),
    execution("last change of an execution shifted", DifferenceKind.TARGET_DIFFERS, "updated_at = now()"),
    step("what a step knew beside changed", DifferenceKind.TARGET_DIFFERS, "context_snapshot = '{\"x\": 1}'"),
    step("when a step was noted changed", DifferenceKind.TARGET_DIFFERS, "created_at = created_at + interval '1 us'"),
    Plant("a log line of an old execution", DifferenceKind.TARGET_UNEXPECTED, "workflow_executions", EXECUTION,
          "INSERT INTO atlas.workflow_execution_logs (execution_id, organization_id, log_level, message, source_table, source_id)"
          " SELECT id, organization_id, 'info', 'x', source_table, source_id FROM atlas.workflow_executions WHERE id = %(id)s::uuid"),
    *(Plant(f"{column} counted otherwise", DifferenceKind.ANALYTICS_DIFFER, "workflows",
            "SELECT DISTINCT w.source_id FROM atlas.workflow_analytics AS a JOIN atlas.workflows AS w ON w.id = a.workflow_id"
            " WHERE a.origin = 'atlas' AND w.source_id IS NOT NULL",
            f"UPDATE atlas.workflow_analytics SET {change} WHERE origin = 'atlas' AND workflow_id = %(id)s::uuid")
      for column, change in {
          **{name: f"{name} = coalesce({name}, 0) + 1" for name in sorted(COUNTED) if name.endswith(("_count", "_ms", "ed"))},
          "error_categories": "error_categories = '{\"failed\": \"x\", \"timeout\": 7}'"}.items()),
    # What nobody can compare stops neither the row's neighbours nor the other organizations
    Plant("a fingerprint that is no JSON", DifferenceKind.COMPARISON_FAILED, "workflow_executions", EXECUTION, LEDGER.format("target_hash = 'x'")),
    Plant("reasons that are no list", DifferenceKind.COMPARISON_FAILED, "workflow_executions", EXECUTION, LEDGER.format("reasons = '7'")),
    Plant("a change of meaning that is no object", DifferenceKind.COMPARISON_FAILED, "workflows", WORKFLOW + " AND changes = '[]'",
          LEDGER.format("changes = '[7]'")),
    step("the output of a step changed", DifferenceKind.TARGET_DIFFERS, "output_data = '{\"x\": 1.10}'"),
    Plant("a version renumbered", DifferenceKind.COLUMN_DIFFERS, "workflow_versions", VERSION,
          "UPDATE atlas.workflow_versions SET version = version + 100 WHERE source_id = %(id)s"),
    Plant("a version's content changed", DifferenceKind.TARGET_DIFFERS, "workflow_versions", VERSION,
          "UPDATE atlas.workflow_versions SET definition = definition || '{\"name\": \"x\"}' WHERE source_id = %(id)s"),
    Plant("a variable's default changed", DifferenceKind.TARGET_DIFFERS, "workflow_variables", VARIABLE,
          "UPDATE atlas.workflow_variables SET default_value = '\"x\"' WHERE source_id = %(id)s"),
    # Definitions, with the fingerprint forged as well: only conservation can tell
    Plant("an edge dropped", DifferenceKind.EDGE_LOST, "workflows", GRAPH, unseen(
        "jsonb_set(definition, '{edges}', (SELECT jsonb_agg(e) FROM jsonb_array_elements(definition -> 'edges') WITH ORDINALITY"
        " AS a (e, n) WHERE e ->> 'source' <> (definition -> 'edges' -> -1 ->> 'source')))")),
    Plant("an edge turned round", DifferenceKind.EDGE_LOST, "workflows", GRAPH, unseen(
        "jsonb_set(jsonb_set(definition, '{edges,-1,source}', definition #> '{edges,-1,target}'),"
        " '{edges,-1,target}', definition #> '{edges,-1,source}')")),
    Plant("an edge invented", DifferenceKind.EDGE_INVENTED, "workflows", GRAPH, unseen(
        "jsonb_insert(definition, '{edges,0}', jsonb_build_object('id', 'ghost', 'source', definition #> '{nodes,-1,id}',"
        " 'target', definition #> '{nodes,0,id}'))")),
    Plant("a node dropped", DifferenceKind.NODE_LOST, "workflows", GRAPH, unseen("definition #- '{nodes,0}'")),
    Plant("a node renamed", DifferenceKind.NODE_LOST, "workflows", GRAPH, unseen("jsonb_set(definition, '{nodes,0,id}', '\"ghost\"')")),
    Plant("all parameters emptied", DifferenceKind.TEXT_LOST, "workflows",
          GRAPH + " AND source_id::uuid IN (SELECT w.id FROM atlas.workflows AS w, jsonb_array_elements(w.definition -> 'nodes') AS n"
          " WHERE (n -> 'parameters')::text ~ '\"[A-Za-z]+ [^\"{<]{20,}')",
          unseen("jsonb_set(definition, '{nodes}', (SELECT jsonb_agg(jsonb_set(n, '{parameters}', '{}')) FROM"
                 " jsonb_array_elements(definition -> 'nodes') AS n))")),
    Plant("triggers emptied", DifferenceKind.TRIGGER_LOST, "workflows", NAMED_TRIGGER, unseen("jsonb_set(definition, '{triggers}', '[]')")),
    # Triggers
    trigger("a trigger row lost", DifferenceKind.TRIGGER_ROWS_DIFFER, "DELETE FROM atlas.workflow_triggers WHERE workflow_id = %(id)s::uuid"),
    trigger("a trigger doubled", DifferenceKind.TRIGGER_ROWS_DIFFER,
            "INSERT INTO atlas.workflow_triggers (workflow_id, organization_id, trigger_key, trigger_type, trigger_name,"
            " source_table, source_id) SELECT workflow_id, organization_id, trigger_key || '-2', trigger_type, trigger_name,"
            " source_table, source_id FROM atlas.workflow_triggers WHERE workflow_id = %(id)s::uuid LIMIT 1"),
    trigger("a trigger's type changed", DifferenceKind.TARGET_DIFFERS,
            "UPDATE atlas.workflow_triggers SET trigger_type = 'manual2' WHERE workflow_id = %(id)s::uuid"),
    trigger("a trigger moved to another tenant", DifferenceKind.ORGANIZATION_DIFFERS,
            f"UPDATE atlas.workflow_triggers SET organization_id = {OTHER.format('workflow_triggers')}"
            " WHERE workflow_id = %(id)s::uuid"),
    # Secrets and sign-offs
    Plant("a secret lost", DifferenceKind.SECRET_MISSING, "workflows", SEALED,
          "DELETE FROM atlas.secrets WHERE id::text IN (SELECT s ->> '$secret' FROM atlas.workflows AS w,"
          " jsonb_path_query(w.definition, '$.** ? (exists (@.\"$secret\"))') AS s WHERE w.id = %(id)s::uuid)"),
    Plant("a secret broken", DifferenceKind.SECRET_UNREADABLE, "workflows", SEALED,
          "UPDATE atlas.secrets SET sealed = 'x' WHERE id::text IN (SELECT s ->> '$secret' FROM atlas.workflows AS w,"
          " jsonb_path_query(w.definition, '$.** ? (exists (@.\"$secret\"))') AS s WHERE w.id = %(id)s::uuid)"),
    Plant("a webhook's secret lost", DifferenceKind.SECRET_MISSING, "webhook_triggers",
          "SELECT source_id FROM atlas.workflow_webhooks WHERE secret_id IS NOT NULL",
          f"DELETE FROM atlas.secrets WHERE id = {OF_WEBHOOK}"),
    Plant("a variable's secret is another one", DifferenceKind.SECRET_DIFFERS, "workflow_variables", UNSEALED,
          f"UPDATE atlas.secrets SET sealed = (SELECT other.sealed FROM atlas.secrets AS other WHERE other.id <> {OF_VARIABLE}"
          f" AND other.hint <> secrets.hint AND length(other.sealed) > 10 LIMIT 1) WHERE id = {OF_VARIABLE}"),
    Plant("a variable's secret lost", DifferenceKind.SECRET_MISSING, "workflow_variables", UNSEALED,
          f"DELETE FROM atlas.secrets WHERE id = {OF_VARIABLE}"),
    Plant("waiting for a sign-off that nobody asks for", DifferenceKind.STATUS_DIFFERS, "workflows",
          WORKFLOW + " AND changes = '[]'", "UPDATE atlas.workflows SET status = 'draft', awaiting_sign_off = true WHERE id = %(id)s::uuid"),
    Plant("live without a sign-off", DifferenceKind.STATUS_DIFFERS, "workflows", CHANGED,
          "UPDATE atlas.workflows SET status = 'active', awaiting_sign_off = false WHERE id = %(id)s::uuid"),
    Plant("armed without a sign-off", DifferenceKind.STATUS_DIFFERS, "workflows", CHANGED,
          "UPDATE atlas.workflow_triggers SET is_active = true WHERE workflow_id = %(id)s::uuid"),
    Plant("not marked as waiting for a sign-off", DifferenceKind.STATUS_DIFFERS, "workflows", CHANGED,
          "UPDATE atlas.workflows SET awaiting_sign_off = false WHERE id = %(id)s::uuid"),
)  # fmt: skip


ARMED = ("workflow_triggers", "workflow_schedules", "workflow_webhooks")
# Another value than the one at rest, by the column's type, and where a constraint allows only some.
OTHERWISE = {
    "text": "'x'", "uuid": "gen_random_uuid()", "jsonb": "'{{\"x\": 1}}'", "ARRAY": "'{{x}}'", "boolean": "NOT {0}",
    "timestamp with time zone": "now()", "origin": "'atlas'", "executor": "'atlas_legacy'",
}  # fmt: skip
NUMBER = "coalesce({0}, 0) + 1"


def at_rest(connection: "psycopg.Connection[tuple[object, ...]]", table: str) -> Plant:
    """Every column that no migration writes, changed in one row; each is named, so it may be a row of another plant."""
    described = connection.execute(
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'atlas' AND table_name = %s",
        [table],
    ).fetchall()
    types = {str(name): str(kind) for name, kind in described}
    changes = ", ".join(
        f"{name} = {OTHERWISE.get(name, OTHERWISE.get(types[name], NUMBER)).format(name)}"
        for name in sorted(AT_REST[table], key=lambda name: name == "retry_count")
    )
    # Also what another rule holds: webhooks of a sample are few.
    changes += ", is_active = true" if table == "workflow_webhooks" else ""
    [source] = connection.execute(
        f"SELECT source_table FROM atlas.{table} WHERE source_table <> 'history'"
        " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1".encode()
    ).fetchall()
    pick = f"SELECT source_id FROM atlas.{table} WHERE source_table = '{source[0]}'"
    do = f"UPDATE atlas.{table} SET {changes} WHERE source_table = %(table)s AND source_id = %(id)s"
    return Plant(f"at rest: {table}", DifferenceKind.COLUMN_WRITTEN, str(source[0]), pick, do)


def victims(connection: "psycopg.Connection[tuple[object, ...]]") -> list[str]:
    """One row for each plant, no row twice: the plants with the fewest candidates choose first."""
    candidates = [
        sorted(str(row[0]) for row in connection.execute(what.pick.encode(), {"table": what.table}))
        for what in PLANTS
    ]
    chosen: dict[int, str] = {}
    for number in sorted(range(len(PLANTS)), key=lambda at: len(candidates[at])):
        free = [row_id for row_id in candidates[number] if row_id not in chosen.values()]
        assert free, f"no victim for {PLANTS[number].name}"
        chosen[number] = free[0]
    return [chosen[number] for number in range(len(PLANTS))]


def plant(connection: "psycopg.Connection[tuple[object, ...]]", what: Plant, victim: str) -> None:
    for statement in what.do.split(";"):
        done = connection.execute(statement.encode(), {"id": victim, "table": what.table})
        assert done.rowcount > 0, f"{what.name} changed nothing"


def test_there_are_over_fifty_kinds() -> None:
    assert len(PLANTS) == len({item.name for item in PLANTS}) >= 50


def test_a_clean_migration_raises_no_alarm(migrated: Any, copy: str) -> None:
    """Nor does what people change of an endpoint, for that is in the audit log."""
    ana = By("Ana", "the shop calls more often")
    with psycopg.connect(copy, autocommit=True) as connection, acting_as_migration(connection) as session:
        [(organization, endpoint)] = connection.execute(
            "SELECT organization_id::text, endpoint_id FROM atlas.workflow_webhooks WHERE source_id IS NOT NULL ORDER BY id LIMIT 1"
        ).fetchall()
        rules = Manner(
            networks=("203.0.113.0/24",),
            origins=("https://a.example",),
            expires_at="2100-01-01T00:00:00+00:00",
        )
        change_webhook(session, organization, endpoint, Change(rate_limit=7, manner=rules), ana)
    found = migrated.reconciled(copy)
    assert found.differences == []
    assert found.is_clean
    assert sum(tally.source_rows for tables in found.tallies.values() for tally in tables.values()) > 8_000


def test_every_planted_corruption_is_found(migrated: Any, copy: str) -> None:
    with psycopg.connect(copy, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        # Capture fires even then; what it sees is pending, and here nothing shall be seen.
        for table in ("workflows", "workflow_executions"):
            connection.execute(f"ALTER TABLE public.{table} DISABLE TRIGGER ALL".encode())
        planted = list(zip(PLANTS, victims(connection), strict=True))
        for what, victim in planted:
            plant(connection, what, victim)
        for what in (at_rest(connection, table) for table in AT_REST):
            [*_, victim] = sorted(row[0] for row in connection.execute(what.pick.encode()))
            plant(connection, what, str(victim))
            planted.append((what, str(victim)))
    found = migrated.reconciled(copy)
    named = {(difference.kind, difference.table, difference.id) for difference in found.differences}
    stray = {difference.kind for difference in found.differences if difference.id == "nowhere"}
    missed = [
        what.name
        for what, victim in planted
        if (what.kind, what.table, victim) not in named and what.kind not in stray
    ]
    assert missed == []
    written = {item.column for item in found.differences if item.kind is DifferenceKind.COLUMN_WRITTEN}
    assert written == {f"{table}.{column}" for table, columns in AT_REST.items() for column in columns}
    early = {item.column for item in found.differences if item.detail == "live before its cutover"}
    assert early == {"workflows.owner", *(f"{table}.is_active" for table in ARMED)}
    assert not found.is_clean
    assert told(migrated.reconciled(copy, set_wise=False)) == told(found)
