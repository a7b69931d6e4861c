"""The texts that are hashed, as SQL makes them: of a source row, and of a row of ours. This package's own word on both."""

from collections.abc import Iterable, Mapping, Sequence

from psycopg import sql as compose

from atlas_workflows.db.named import Named
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.ledger.fingerprint import FINGERPRINTED
from atlas_workflows.migration.reconciliation.certified import BESIDE
from atlas_workflows.migration.reconciliation.columns import AT_REST, NOTHING
from atlas_workflows.migration.reconciliation.tree import told

# Types whose text never needs an escape in JSON, and is the same from concat() as from a cast.
NEVER_ESCAPED = frozenset(
    {
        "uuid",
        "smallint",
        "integer",
        "bigint",
        "date",
        "timestamp with time zone",
        "timestamp without time zone",
    }
)
ID_LENGTH = 36
# Columns that are never NULL in a row that a migration wrote, and of these the ids: what stands between two of them is one text.
# A row that holds none there after all makes no text, and so is looked at.
IDS = frozenset({"id", "execution_id", "organization_id"})
NEVER_EMPTY = IDS | {"position", "node_id", "node_type", "status", "started_at", "legacy_flags"}
# Nearly all are empty.
_ARRAY = "CASE WHEN {0} = '{{}}' THEN '[]' ELSE to_json({0})::text END AS {1}"


def literal(text: str) -> compose.Literal:
    """A text in a statement that takes parameters, where a per cent sign has a meaning."""
    return compose.Literal(text.replace("%", "%%"))


def cell(place: int) -> compose.Identifier:
    """What the column at this place of a legacy table is called here: its own name could be one of ours."""
    return compose.Identifier(f"c{place}")


def legacy_cells(columns: Iterable[str], alias: str) -> compose.Composed:
    """Each column of a legacy row as text, named by its place; a collation of its own would call texts equal that are not."""
    return compose.SQL(", ").join(
        compose.SQL('{}.{}::text COLLATE "C" AS {}').format(
            compose.Identifier(alias), Named(name), cell(place)
        )
        for place, name in enumerate(columns)
    )


def content(columns: Mapping[str, str], alias: str) -> compose.Composable:
    """The original of a row: compact JSON of column -> text, in column order; `columns`: name -> type."""
    parts: list[compose.Composable] = []
    for place, (name, kind) in enumerate(columns.items()):
        parts += [
            literal(f"{',' if place else '{'}{dumps_text(name)}:"),
            _json(cell(place), kind, alias),
        ]
    return _joined([*parts, literal("}")])


def _joined(parts: Sequence[compose.Composable]) -> compose.Composable:
    """One text of all, put together by halves: so each is copied a few times. concat() would ask the type of each how it is
    written, which costs more. NULL where a part is NULL."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return compose.SQL("({} || {})").format(_joined(parts[:half]), _joined(parts[half:]))


def _json(name: compose.Identifier, kind: str, alias: str) -> compose.Composed:
    form = (
        """coalesce('"' || {} || '"', 'null')"""
        if kind in NEVER_ESCAPED
        else "coalesce(to_json({})::text, 'null')"
    )
    return compose.SQL(form).format(compose.SQL("{}.{}").format(compose.Identifier(alias), name))


def cells(table: str, arrays: frozenset[str], alias: str) -> compose.Composed:
    """Each fingerprinted column of a row of ours as text, under its own name; and the id of its source row."""
    return compose.SQL(", ").join(
        compose.SQL(_ARRAY if name in arrays else "{0}::text AS {1}").format(
            compose.Identifier(alias, name), compose.Identifier(name)
        )
        for name in (*FINGERPRINTED[table], "source_id")
    )


def no_cells(table: str) -> compose.Composed:
    """The same for a table that holds nothing."""
    return compose.SQL(", ").join(
        compose.SQL("NULL::text AS {}").format(compose.Identifier(name))
        for name in (*FINGERPRINTED[table], "source_id")
    )


def row_text(table: str, alias: str) -> compose.Composable:
    """What is hashed of a row of ours whose columns stand there as texts; NULL where one that is never empty is."""
    parts: list[compose.Composable] = []
    before = ""
    for name in FINGERPRINTED[table]:
        value = compose.Identifier(alias, name)
        if name in NEVER_EMPTY:
            length = f"{ID_LENGTH}:" if name in IDS else ""
            parts.append(literal(f"{before}{name}={length}"))
            parts += [] if length else [_length(value), literal(":")]
            parts.append(value)
            before = ";"
        else:
            parts += [literal(before)] if before else []
            parts.append(_named(name, value))
            before = ""
    return _joined([*parts, literal(before)] if before else parts)


def _length(value: compose.Composable) -> compose.Composed:
    return compose.SQL("char_length({})::text").format(value)


def _named(name: str, value: compose.Composable) -> compose.Composed:
    told = _joined([literal(f"{name}="), _length(value), literal(":"), value, literal(";")])
    return compose.SQL("coalesce({}, '')").format(told)


def is_at_rest(table: str, alias: str) -> compose.Composed:
    """Whether the columns that no migration writes hold what they held when the row was made; NULL counts as no."""
    conditions: list[compose.Composable] = [
        compose.SQL("{} IS NULL" if said == NOTHING else "{} = {}").format(
            compose.Identifier(alias, name), compose.SQL(said)
        )
        for name, said in AT_REST.get(table, {}).items()
    ]
    return compose.SQL(" AND ").join(conditions or [compose.SQL("TRUE")])


def head_of_kept(table: str) -> compose.Literal:
    """What stands before the id of a certified row."""
    return literal(f"{told(table)}{ID_LENGTH}:")


def tail_of_kept(table: str) -> compose.Literal:
    """What stands after the hash of a certified row whose other columns are at rest."""
    said = {name: AT_REST[table][name].strip("'") for name in BESIDE[table]}
    return literal("".join(f"{name}={told(text)};" for name, text in said.items() if text != NOTHING))
