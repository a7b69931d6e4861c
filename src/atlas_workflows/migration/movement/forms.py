"""In what form the legacy tables are there: what is no table, or has parts we do not read, is named and never passed over."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import rows, scalars
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import UnknownShape
from atlas_workflows.legacy.source.shapes import SIDE_TABLES

SCHEMA, KEY = "public", "id"
NAMES = ("workflows", *SIDE_TABLES)
TABLES = ("r", "p")
KINDS = {"v": "a view", "m": "a materialized view", "f": "a foreign table", "S": "a sequence", "c": "a type"}
REMEDY = (
    "Put the table itself under that name (what stands there now can have another), or leave it out of the migration:"
    " waive the item `tables` with the reason why nobody needs it."
)


@dataclass(frozen=True, slots=True)
class Form:
    """What stands under a legacy table's name. `kind` is PostgreSQL's relkind."""

    table: str
    kind: str
    partition_of: str | None = None
    foreign_parts: Sequence[str] = ()
    named_parts: Sequence[str] = ()
    has_key: bool = True
    key_is_unique: bool = True

    @property
    def is_read(self) -> bool:
        """Whether we read it as a table, together with its partitions and children."""
        return self.kind in TABLES and self.partition_of is None


def read_forms(connection: Connection) -> tuple[Form, ...]:
    """What stands under the names of the legacy tables; needs no privilege on them."""
    parameters = {"schema": SCHEMA, "tables": list(NAMES), "key": KEY}
    return tuple(rows(connection, Form, sql("legacy/forms"), parameters))


def not_understood(forms: Iterable[Form]) -> list[str]:
    """A sentence for each table that is not there as a table that we read whole."""
    return [sentence for form in forms if (sentence := _objection(form))]


def require_tables(connection: Connection) -> None:
    """Raise UnknownShape, before anything is made, where something else stands in a legacy table's place."""
    objections = not_understood(read_forms(connection))
    if objections:
        raise UnknownShape(f"{' '.join(objections)} Nothing was changed.", remedy=REMEDY)


def without_a_key(connection: Connection, forms: Sequence[Form]) -> list[str]:
    """A sentence for each table whose rows no key tells apart; looks at the rows only where no index is the proof."""
    found = []
    for form in (form for form in forms if form.is_read):
        if not form.has_key:
            found.append(f"{SCHEMA}.{form.table} has no column {KEY}.")
        elif not form.key_is_unique and (keys := _odd_keys(connection, form.table)):
            shown = ", ".join("(none)" if key is None else key for key in keys)
            found.append(f"Rows of {SCHEMA}.{form.table} share a key or have none: {shown}.")
    return found


def _odd_keys(connection: Connection, table: str) -> list[str | None]:
    statement = sql("legacy/odd_keys").format(
        table=compose.Identifier(SCHEMA, table), key=compose.Identifier(KEY)
    )
    return scalars(connection, statement)


def _objection(form: Form) -> str | None:
    name = f"{SCHEMA}.{form.table}"
    if form.kind not in TABLES:
        return f"{name} is {KINDS.get(form.kind, 'something else')}, not a table."
    if form.partition_of:
        return f"{name} is a partition of {form.partition_of}, not a table of its own."
    if form.foreign_parts:
        return f"{name} has parts on other servers, whose changes nothing here sees: {', '.join(form.foreign_parts)}."
    if form.named_parts:
        return f"{name} holds the rows of other legacy tables too: {', '.join(form.named_parts)} inherit from it."
    return None
