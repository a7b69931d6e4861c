"""The texts that are hashed, as SQL makes them: of a source row, and of a row of ours. This package's own word on both."""

from collections.abc import Iterable, Mapping

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
# A row that holds none there after all makes another text than the one that was hashed, and so is looked at.
IDS = frozenset({"id", "execution_id", "organization_id"})
NEVER_EMPTY = IDS | {"position", "node_id", "node_type", "status", "started_at", "legacy_flags"}
# A function takes a hundred arguments at most, and a column of an original takes two.
_ARGUMENTS = 90
_COLUMNS_AT_ONCE = 40
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


def content(columns: Mapping[str, str], alias: str) -> compose.Composed:
    """The original of a row: compact JSON of column -> text, in column order; `columns`: name -> type."""
    parts = [
        compose.SQL("{}, {}").format(
            literal(f"{',' if place else '{'}{dumps_text(name)}:"), _json(cell(place), kind, alias)
        )
        for place, (name, kind) in enumerate(columns.items())
    ]
    chunks = [_concat(parts[at : at + _COLUMNS_AT_ONCE]) for at in range(0, len(parts), _COLUMNS_AT_ONCE)]
    return _concat([*chunks, compose.SQL("'}}'").format()])


def _concat(parts: Iterable[compose.Composable]) -> compose.Composed:
    return compose.SQL("concat({})").format(compose.SQL(", ").join(parts))


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


def row_text(table: str, alias: str) -> compose.Composed:
    """What is hashed of a row of ours whose columns stand there as texts."""
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
            parts += _named(before, name, value)
            before = ""
    chunks = [_concat(parts[at : at + _ARGUMENTS]) for at in range(0, len(parts), _ARGUMENTS)]
    return _concat([*chunks, literal(before)])


def _length(value: compose.Composable) -> compose.Composed:
    return compose.SQL("char_length({})").format(value)


def _named(before: str, name: str, value: compose.Composable) -> tuple[compose.Composable, ...]:
    # concat() leaves out what is NULL, and makes one text of all parts, which || would make a copy for.
    only = compose.SQL("CASE WHEN {} IS NOT NULL THEN {} END")
    return (
        compose.SQL("CASE WHEN {} IS NULL THEN {} ELSE {} END").format(
            value, literal(before), literal(f"{before}{name}=")
        ),
        _length(value),
        only.format(value, literal(":")),
        value,
        only.format(value, literal(";")),
    )


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
