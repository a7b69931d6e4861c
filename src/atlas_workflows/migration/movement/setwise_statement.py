"""The statements that move plain history rows inside the database, composed for the columns that a legacy table has."""

from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.named import Named, Quoted
from atlas_workflows.db.sql_files import sql
from atlas_workflows.db.tables import Catalog
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.history import executions, step_entries
from atlas_workflows.migration.ledger import in_sql
from atlas_workflows.migration.ledger.inputs import DIGESTED, HISTORY_LINE, VERSION_LINE
from atlas_workflows.migration.movement import setwise_columns
from atlas_workflows.migration.movement.setwise_columns import KEY, Columns, column, first, fixed

EXECUTIONS, STEPS, DAYS = "workflow_executions", "workflow_execution_steps", "workflow_analytics"
_UUIDS_OF_A_STEP = ("id", "execution_id", "organization_id")
# An original longer than this, in bytes, is no row for one statement over many.
LONGEST = 1_000_000
# Python reads no number of more than 4300 digits, and neither way has to follow documents nested deeper than this.
_SURELY_SHORT_NUMBERS = 4_000
MOST_NESTED = 100
# ISO times that exist whatever the calendar says: nothing after the 28th but where the month certainly has it.
MOMENT = (
    r"^(?:19|20|21)[0-9]{2}-"
    r"(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    r"[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:[.][0-9]{1,6})?(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])?$"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """What moves the rows of one table: from its beginning, and from a key on."""

    table: str
    columns: Columns
    beginning: compose.SQL
    following: compose.SQL


def statements(catalog: Catalog) -> Mapping[str, Statement]:
    """By table, for those of which some rows may be plain."""
    tables = (
        (setwise_columns.executions(catalog), _executions),
        (setwise_columns.execution_steps(catalog), _steps),
        (setwise_columns.days(catalog), _days),
    )
    return {
        columns.table: Statement(
            columns.table, columns, *(_whole(text(columns, has_before=given)) for given in (False, True))
        )
        for columns, text in tables
        if columns.objection() is None
    }


def _whole(text: compose.Composed) -> compose.SQL:
    """Composed once, for all batches."""
    return compose.SQL(text.as_string(None))


def span(columns: Columns, *, after: bool, until: bool) -> compose.Composed:
    """The rows with %(after)s < key <= %(until)s, as far as those are given."""
    key = compose.SQL("source.{}").format(Named(KEY))
    tests: list[compose.Composable] = [compose.SQL("TRUE")]
    kind = columns.types[KEY]
    tests += [compose.SQL(f"{{}} > %(after)s::{kind}").format(key)] if after else []
    tests += [compose.SQL(f"{{}} <= %(until)s::{kind}").format(key)] if until else []
    return compose.SQL(" AND ").join(tests)


def known_span(*, after: bool) -> compose.Composable:
    """The same rows in the ledger, up to %(until)s: a uuid and its text are in the same order."""
    tests = ["ledger.source_id > %(after)s::uuid::text"] if after else []
    return compose.SQL(" AND ".join([*tests, "ledger.source_id <= %(until)s::uuid::text"]))


def table_of(columns: Columns) -> compose.Composable:
    """The legacy table, by its whole name."""
    return Named(columns.catalog.schema, columns.table)


def _executions(columns: Columns, *, has_before: bool) -> compose.Composed:
    digests = {EXECUTIONS: compose.SQL("moved.digest"), STEPS: compose.SQL("digests.digest")}
    return _part("executions").format(
        **_shared(columns, "workflow", has_before, _execution_text(columns)),
        put_ledger=_put_ledger(
            columns, digests, "moved LEFT JOIN digests ON moved.id = digests.execution_id"
        ),
        statuses=_mapping(executions.STATUSES),
        inputs_hash=_inputs(columns, "workflow", "twins", "workflow"),
        step_statuses=_mapping(step_entries.STATUSES),
        known_members=_array(sorted(step_entries.KNOWN)),
        moment=Quoted(MOMENT),
        bytewise=Named("C"),
        step_id=in_sql.step_id(EXECUTIONS, compose.SQL("step.source_id"), compose.SQL("(step.place - 1)")),
        step_text=_carried_text(),
        steps_digest=in_sql.digest_of_many(compose.SQL("steps.told")),
    )


def _steps(columns: Columns, *, has_before: bool) -> compose.Composed:
    times = [column("execution", name) for name in ("started_at", "created_at") if name in columns.of_side]
    return _part("execution_steps").format(
        **_shared(columns, "execution", has_before, _step_text(columns)),
        put_ledger=_put_ledger(columns, {STEPS: compose.SQL("moved.digest")}),
        what_became=_part("outcome"),
        execution_started_at=first(*times, kind="timestamptz"),
        statuses=_mapping(step_entries.STATUSES),
        inputs_hash=_inputs(columns, "execution", "execution"),
    )


def _days(columns: Columns, *, has_before: bool) -> compose.Composed:
    hour = "twin.hour IS NOT DISTINCT FROM source.of_hour" if columns.there("hour") else "TRUE"
    return _part("analytics").format(
        **_shared(columns, "workflow", has_before, _day_text(columns)),
        put_ledger=_put_ledger(columns, {DAYS: compose.SQL("moved.digest")}),
        what_became=_part("outcome"),
        table=table_of(columns),
        same_hour=compose.SQL(hour),
        inputs_hash=_inputs(columns, "workflow", "twins", "workflow"),
    )


def _part(name: str) -> compose.SQL:
    return sql(f"migration/movement/setwise/{name}")


def _put_ledger(
    columns: Columns, digests: Mapping[str, compose.Composable], moved: str = "moved"
) -> compose.Composed:
    """`digests` by table, of the rows of `moved`."""
    return _part("put_ledger").format(
        name=Quoted(columns.table), target_hash=in_sql.target_hash(digests), moved=compose.SQL(moved)
    )


def _shared(
    columns: Columns, side: str, has_before: bool, row_text: compose.Composable
) -> dict[str, compose.Composable]:
    name = Quoted(columns.table)
    return {
        "name": name,
        "legacy_rows": _legacy_rows(columns, has_before),
        "side": Named(columns.catalog.schema, columns.side),
        "of_side": compose.SQL(", ").join(column(side, name) for name in columns.of_side),
        "organization_of_side": first(*columns.tenants(side)[1], kind="uuid"),
        "known_range": known_span(after=has_before),
        "known_hash": _part("known").format(name=name),
        "put_originals": _part("put_originals").format(name=name),
        "is_readable": _is_readable(columns),
        "tenants_agree": _tenants_agree(columns, side),
        "source_hash": in_sql.sha256_hex(compose.SQL("source.of_content")),
        "digest": in_sql.digest_of_one(row_text),
    }


def _legacy_rows(columns: Columns, has_before: bool) -> compose.Composed:
    return _part("legacy_rows").format(
        table=table_of(columns),
        range=span(columns, after=has_before, until=True),
        weight=columns.weight(),
        texts=columns.texts(),
        typed=columns.typed(),
        content=in_sql.content(tuple(columns.types), "source", fixed(columns.types)),
    )


def _is_readable(columns: Columns) -> compose.Composable:
    too_deep = [
        compose.SQL(f"NOT coalesce(jsonb_path_exists({{}}, '$.**{{{{{MOST_NESTED}}}}}'), FALSE)").format(item)
        for item in columns.documents()
    ]
    short = compose.SQL(
        f"octet_length(source.of_content) <= {LONGEST}"
        f" AND (octet_length(source.of_content) < {_SURELY_SHORT_NUMBERS} OR source.of_content !~ '[0-9]{{255}}')"
    )
    return compose.SQL(" AND ").join([short, *too_deep])


def _tenants_agree(columns: Columns, side: str) -> compose.Composable:
    own, beside = columns.tenants(side)
    tests = [compose.SQL("coalesce({} = tenant.id, TRUE)").format(item) for item in (*own, *beside)]
    return compose.SQL(" AND ").join([compose.SQL("TRUE"), *tests])


def _inputs(columns: Columns, side: str, *names: str) -> compose.Composable:
    """The hash over a row that has one side row, under the last of `names`; the sides before have none."""
    own, beside = columns.tenants(side)
    unnamed = compose.SQL("({} IS NULL OR {} IS NULL)").format(
        first(*own, kind="uuid"), first(*beside, kind="uuid")
    )
    is_digested = columns.table in DIGESTED
    lines = [
        Quoted(HISTORY_LINE if is_digested else VERSION_LINE),
        compose.SQL("digested.source_hash" if is_digested else "source.of_content"),
        *(Quoted(name) for name in names),
        in_sql.content(columns.of_side, side, fixed(columns.catalog.columns(columns.side))),
        # Bytewise "assumed" comes before "organization".
        compose.SQL("CASE WHEN {} THEN %(assumed)s::text END").format(unnamed),
        compose.SQL("tenant.fact"),
    ]
    return in_sql.inputs_hash(lines)


def _execution_text(columns: Columns) -> compose.Composable:
    own = (
        "workflow_id", "triggered_by", "trigger_data", "input_data", "output_data", "context", "error", "started_at",
        "completed_at", "execution_time_ms", "created_at", "updated_at",
    )  # fmt: skip
    values = {name: columns.text_of(name) for name in own if columns.there(name)}
    values |= {
        "id": column("source", KEY),
        "organization_id": compose.SQL("tenant.id::text"),
        "status": compose.SQL("({}::jsonb ->> source.of_status)").format(_mapping(executions.STATUSES)),
        "legacy_flags": Quoted("[]"),
    }
    return in_sql.row_text(EXECUTIONS, values, ("id", "organization_id", "workflow_id"))


def _step_text(columns: Columns) -> compose.Composable:
    own = (
        "execution_id",
        "action_type",
        "input_data",
        "output_data",
        "error",
        "completed_at",
        "execution_time_ms",
        "created_at",
    )
    values = {name: columns.text_of(name) for name in own if columns.there(name)}
    values |= {
        "id": column("source", KEY),
        "organization_id": compose.SQL("tenant.id::text"),
        "position": Quoted("0"),
        "node_id": compose.SQL("made.node_id"),
        "node_type": compose.SQL("made.node_type"),
        "status": compose.SQL("made.status"),
        "started_at": compose.SQL("made.started_at::text"),
        "legacy_flags": compose.SQL("to_json(made.legacy_flags)::text"),
    }
    return in_sql.row_text(STEPS, values, _UUIDS_OF_A_STEP)


def _day_text(columns: Columns) -> compose.Composable:
    own = ("workflow_id", "date", "hour", "total_execution_time_ms", "avg_execution_time_ms", "created_at")
    counts = ("executions_count", "successful_count", "failed_count", "unique_triggers")
    values = {name: columns.text_of(name) for name in own if columns.there(name)}
    values |= {name: compose.SQL("coalesce({}, '0')").format(columns.text_of(name)) for name in counts}
    values |= {
        "id": column("source", KEY),
        "organization_id": compose.SQL("tenant.id::text"),
        "origin": Quoted("legacy_reported"),
    }
    return in_sql.row_text(DAYS, values, ("id", "organization_id", "workflow_id"))


def _carried_text() -> compose.Composable:
    own = ("node_id", "node_type", "action_type", "status", "error")
    apart = (
        "id",
        "organization_id",
        "input_data",
        "output_data",
        "started_at",
        "context_snapshot",
        "created_at",
    )
    values = {name: compose.SQL(f"made.{name}") for name in own}
    values |= {name: compose.SQL(f"made.of_{name}") for name in apart}
    values |= {
        "execution_id": compose.SQL("made.source_id"),
        "position": compose.SQL("made.position::text"),
        "execution_time_ms": compose.SQL("made.execution_time_ms::text"),
        "legacy_flags": compose.SQL("to_json(made.legacy_flags)::text"),
    }
    return in_sql.row_text(STEPS, values, _UUIDS_OF_A_STEP)


def _mapping(words: Mapping[str, str]) -> compose.Composable:
    return Quoted(dumps_text(dict(words)))


def _array(words: list[str]) -> compose.Composable:
    return Quoted("{" + ",".join(words) + "}")
