"""Steps that an execution carries in itself, told in SQL: which there are, and whether the row made of one agrees with it.

Stricter than `carried_steps`, never laxer: what does not agree here is compared there.
"""

from collections.abc import Iterable, Iterator

from psycopg import sql as compose

from atlas_workflows.db.named import Named
from atlas_workflows.migration.reconciliation.carried_steps import DOCUMENTS, PLAIN_WORDS, STEP_COLUMNS, TEXTS
from atlas_workflows.migration.reconciliation.source_side import Shelf

_TOLD = (
    "(SELECT s.{key} AS row_key, (entry.at - 1)::integer AS at, entry.value FROM {rows} AS s"
    " CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof({steps}) = 'array' THEN {steps} END)"
    " WITH ORDINALITY AS entry (value, at) WHERE jsonb_typeof(entry.value) = 'object')"
)
_NOTHING = "(SELECT NULL::uuid AS row_key, NULL::integer AS at, NULL::jsonb AS value WHERE FALSE)"
# A time without the noughts at its end, as either side writes it.
_TRIMMED = "CASE WHEN position('.' IN {0}) > 0 THEN rtrim(rtrim({0}, '0'), '.') ELSE {0} END"


def told_steps(shelf: Shelf, rows: compose.Composable) -> compose.Composable:
    """Every step that these rows carry: row_key, at, value. One that is no jsonb is not told, and so does not agree."""
    steps = [
        compose.SQL("nullif(nullif(nullif(s.{}, '[]'), 'null'), '{{}}')").format(Named(name))
        for name in STEP_COLUMNS
        if name in shelf.columns and shelf.types[shelf.columns.index(name)] == "jsonb"
    ]
    if shelf.table != "workflow_executions" or not steps:
        return compose.SQL(_NOTHING)
    return compose.SQL(_TOLD).format(
        key=Named(shelf.key),
        rows=rows,
        steps=compose.SQL("coalesce({})").format(compose.SQL(", ").join(steps)),
    )


def step_agrees() -> compose.Composed:
    """Whether a row (`line`, its columns as texts) holds what its step (`told.value`) says."""
    return compose.SQL(" AND ").join(
        [*_texts(), *_documents(), *map(compose.SQL, (_ERROR, _status(), _time(), _LENGTH))]
    )


def _texts() -> Iterator[compose.Composed]:
    for column, keys in TEXTS.items():
        told = _first(f"nullif(told.value ->> '{key}', '')" for key in keys)
        yield compose.SQL("({0} IS NULL OR {0} = {1})").format(told, _line(column))


def _documents() -> Iterator[compose.Composed]:
    for column, keys in DOCUMENTS.items():
        told = _first(f"nullif(told.value -> '{key}', 'null')" for key in keys)
        yield compose.SQL("({0} IS NULL OR {0}::text = {1})").format(told, _line(column))


def _first(parts: Iterable[str]) -> compose.Composed:
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join(map(compose.SQL, parts)))


def _line(column: str) -> compose.Identifier:
    return compose.Identifier("line", column)


_ERROR = (
    "(jsonb_typeof(told.value -> 'error') IS DISTINCT FROM 'string' OR told.value ->> 'error' = line.error)"
)
_LENGTH = (
    "(jsonb_typeof(told.value -> 'duration') IS DISTINCT FROM 'number'"
    " OR told.value ->> 'duration' = line.execution_time_ms OR position('.' IN told.value ->> 'duration') > 0)"
)


def _status() -> str:
    words = "|".join(sorted(PLAIN_WORDS))
    told = "told.value ->> 'status'"
    # By no language's rules; what is no ASCII could still become such a word by those of Unicode.
    lowered = f'lower(({told}) COLLATE "C")'
    return f"({told} IS NULL OR {told} = line.status OR NOT {lowered} ~ '{words}|[^\\x01-\\x7f]')"


def _time() -> str:
    told = "(told.value ->> 'timestamp')"
    ours, theirs = (
        _TRIMMED.format(text)
        for text in ("left(line.started_at, -3)", f"replace(rtrim({told}, 'Z'), 'T', ' ')")
    )
    return f"({told} IS NULL OR {ours} = {theirs} OR NOT {told} ~ 'Z$')"
