"""What a set-wise statement reads of a history table, composed from the catalog; or why the table is left to Python."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql as compose

from atlas_workflows.db.named import Named, Quoted
from atlas_workflows.db.tables import Catalog
from atlas_workflows.legacy.history.row_facts import WORKFLOW_COLUMNS
from atlas_workflows.migration.ledger.inputs import TEMPLATE_COLUMN, TENANT_COLUMNS
from atlas_workflows.secrets.detection import may_hold_secret

KEY = "id"
# Of values of these types no text can be a secret, whatever it is; a column's name may still say that it is one.
_FIXED = re.compile(r"uuid|smallint|integer|bigint|boolean|date|timestamp(\(\d\))? with(out)? time zone")
_TYPES = {
    "uuid": re.compile("uuid"),
    "text": re.compile(".*"),
    "jsonb": re.compile("jsonb"),
    "bigint": re.compile("smallint|integer|bigint"),
    "timestamptz": re.compile(r"timestamp(\(\d\))? with time zone"),
    "date": re.compile("date"),
}
# Heavier rows, as stored, are not unpacked beside many others.
LIGHT_BYTES = 128 * 1024
_FIXED_BYTES = 12
# A function takes a hundred arguments at most, and a table has up to 1600 columns.
_MOST_ARGUMENTS = 90
_OWN = "of_"


@dataclass(frozen=True, slots=True)
class Role:
    """A value that translation reads: from the first of these columns that is filled. `skips`: values that are none."""

    name: str
    type: str
    columns: tuple[str, ...]
    skips: tuple[str, ...] = ()


def role(name: str, kind: str, *columns: str, skips: tuple[str, ...] = ()) -> Role:
    """A role; without `columns` the one of its own name."""
    return Role(name, kind, columns or (name,), skips)


EXECUTION_ROLES = (
    role("workflow_id", "uuid"),
    role("organization_id", "uuid", *TENANT_COLUMNS),
    role("status", "text"),
    role("triggered_by", "text"),
    role("trigger_data", "jsonb"),
    role("input_data", "jsonb"),
    role("output_data", "jsonb", "output_data", "result"),
    role("context", "jsonb", "context", "execution_metadata"),
    role("error", "text", "error", "error_message"),
    role("started_at", "timestamptz"),
    role("completed_at", "timestamptz"),
    role("execution_time_ms", "bigint", "execution_time_ms", "duration_ms"),
    role("created_at", "timestamptz"),
    role("updated_at", "timestamptz"),
    role("steps", "jsonb", "execution_steps", "execution_log", "results", skips=("[]", "null", "{}")),
)
STEP_ROLES = (
    role("execution_id", "uuid"),
    role("organization_id", "uuid", *TENANT_COLUMNS),
    role("node_id", "text"),
    role("node_type", "text"),
    role("action_type", "text"),
    role("status", "text"),
    role("input_data", "jsonb"),
    role("output_data", "jsonb"),
    role("error", "text", "error", "error_message"),
    role("started_at", "timestamptz"),
    role("completed_at", "timestamptz"),
    role("execution_time_ms", "bigint"),
    role("created_at", "timestamptz"),
)
DAY_ROLES = (
    role("workflow_id", "uuid"),
    role("organization_id", "uuid", *TENANT_COLUMNS),
    role("date", "date"),
    role("hour", "bigint"),
    role("executions_count", "bigint"),
    role("successful_count", "bigint", "success_count", "successful_executions"),
    role("failed_count", "bigint", "failure_count", "failed_executions"),
    role("total_execution_time_ms", "bigint"),
    role("avg_execution_time_ms", "bigint"),
    role("unique_triggers", "bigint"),
    role("created_at", "timestamptz"),
)
EXECUTION_SIDE = ("id", "organization_id", "org_id", "started_at", "created_at")
_SIDE_TYPES = {
    "id": "uuid", "organization_id": "uuid", "org_id": "uuid", "started_at": "timestamptz", "created_at": "timestamptz",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table and of the one row beside each of its rows, as the catalog has them."""

    catalog: Catalog
    table: str
    roles: tuple[Role, ...]
    side: str
    wanted_of_side: tuple[str, ...]

    @property
    def types(self) -> Mapping[str, str]:
        return self.catalog.columns(self.table)

    @property
    def of_side(self) -> tuple[str, ...]:
        """What is read of the row beside it, in the order in which translation reads it."""
        return tuple(name for name in self.wanted_of_side if name in self.catalog.columns(self.side))

    def there(self, name: str) -> tuple[str, ...]:
        """The columns of a role that the table has."""
        wanted = next(item for item in self.roles if item.name == name)
        return tuple(column for column in wanted.columns if column in self.types)

    def objection(self) -> str | None:
        """Why no row of this table can be plain; None where some may be."""
        return next(self._objections(), None)

    def _objections(self) -> Iterator[str]:
        sides = self.catalog.columns(self.side)
        if not self.types or not sides:
            yield f"{self.side if self.types else self.table} is missing"
        if self.types.get(KEY) != "uuid":
            yield f"{KEY} is no uuid"
        if TEMPLATE_COLUMN in self.types or any(name.startswith(_OWN) for name in self.types):
            yield "a column has a name with a meaning of its own"
        for item in self.roles:
            for name in self.there(item.name):
                if not _TYPES[item.type].fullmatch(self.types[name]):
                    yield f"{name} is {self.types[name]}, not {item.type}"
        for name in self.of_side:
            if not _TYPES[_SIDE_TYPES[name]].fullmatch(sides[name]):
                yield f"{self.side}.{name} is {sides[name]}, not {_SIDE_TYPES[name]}"

    def weight(self) -> compose.Composable:
        """What a row takes as stored; nothing is unpacked for it."""
        sizes = [_size(name, kind) for name, kind in self.types.items()]
        return compose.SQL(" + ").join(sizes)

    def texts(self) -> compose.Composable:
        """Every column as text, under its own name."""
        return compose.SQL(",\n").join(self._text(name, kind) for name, kind in self.types.items())

    def typed(self) -> compose.Composable:
        """Every role under of_<name>, and what the statement needs to know of the row itself."""
        parts = [
            compose.SQL("source.{} AS of_key").format(Named(KEY)),
            compose.SQL("source.of_weight"),
            compose.SQL("source.of_xmin"),
        ]
        parts.append(compose.SQL(f"source.of_weight <= {LIGHT_BYTES} AS of_is_light"))
        parts += [compose.SQL(f"{{}} AS {_OWN}{item.name}").format(self._value(item)) for item in self.roles]
        return compose.SQL(",\n").join(parts)

    def text_of(self, name: str) -> compose.Composable:
        """A role as text, from the columns that `texts` made."""
        return first(*(column("source", item) for item in self.there(name)), kind="text")

    def scanned(self) -> compose.Composable:
        """The texts in which a secret may stand, each with the name it goes under: what translation looks through."""
        parts = [
            compose.SQL("{} || source.{}::text || E'\\n'").format(Quoted(f'"{name}":'), Named(name))
            for name in self.telling()
        ]
        chunks = [_concat(parts[at : at + _MOST_ARGUMENTS]) for at in range(0, len(parts), _MOST_ARGUMENTS)]
        return _concat([Quoted(""), *chunks])

    def telling(self) -> tuple[str, ...]:
        """The columns whose values or names may tell of a secret."""
        return tuple(
            name
            for name, kind in self.types.items()
            if not _FIXED.fullmatch(kind) or may_hold_secret(f'"{name}":'.encode())
        )

    def tenants(self, side: str) -> tuple[list[compose.Composable], list[compose.Composable]]:
        """The columns that name an organization: of the row, and of the one beside it."""
        own = [column("source", name, typed=True) for name in TENANT_COLUMNS if name in self.types]
        return own, [column(side, name) for name in TENANT_COLUMNS if name in self.of_side]

    def documents(self) -> list[compose.Composable]:
        """The roles that are JSON."""
        return [compose.SQL(f"source.{_OWN}{item.name}") for item in self.roles if item.type == "jsonb"]

    def _text(self, name: str, kind: str) -> compose.Composable:
        value = compose.SQL("source.{}::text").format(Named(name))
        if not _FIXED.fullmatch(kind):
            value = compose.SQL(f"CASE WHEN source.of_weight <= {LIGHT_BYTES} THEN {{}} END").format(value)
        return compose.SQL("{} AS {}").format(value, Named(name))

    def _value(self, item: Role) -> compose.Composable:
        values = [
            compose.SQL(f"{{}}::{item.type}").format(column("source", name)) for name in self.there(item.name)
        ]
        for skipped in item.skips:
            values = [compose.SQL("nullif({}, {})").format(value, Quoted(skipped)) for value in values]
        found = first(*values, kind=item.type)
        if not item.skips:
            return found
        return compose.SQL(f"CASE WHEN source.of_weight <= {LIGHT_BYTES} THEN {{}} END").format(found)


def executions(catalog: Catalog) -> Columns:
    """Of workflow_executions, with the workflow beside each."""
    return Columns(catalog, "workflow_executions", EXECUTION_ROLES, "workflows", WORKFLOW_COLUMNS)


def execution_steps(catalog: Catalog) -> Columns:
    """Of workflow_execution_steps, with the execution beside each."""
    return Columns(catalog, "workflow_execution_steps", STEP_ROLES, "workflow_executions", EXECUTION_SIDE)


def days(catalog: Catalog) -> Columns:
    """Of workflow_analytics, with the workflow beside each day."""
    return Columns(catalog, "workflow_analytics", DAY_ROLES, "workflows", WORKFLOW_COLUMNS)


def fixed(types: Mapping[str, str]) -> frozenset[str]:
    """The columns of types whose text is letters, digits and marks that no JSON escapes."""
    return frozenset(name for name, kind in types.items() if _FIXED.fullmatch(kind))


def column(alias: str, name: str, *, typed: bool = False) -> compose.Composable:
    """A column of a relation of the statement."""
    named = compose.SQL(f"{alias}.{{}}").format(Named(name))
    return compose.SQL("{}::uuid").format(named) if typed else named


def first(*values: compose.Composable, kind: str) -> compose.Composable:
    """The first of these that is not NULL."""
    if not values:
        return compose.SQL(f"NULL::{kind}")
    return (
        values[0] if len(values) == 1 else compose.SQL("coalesce({})").format(compose.SQL(", ").join(values))
    )


def _concat(parts: Sequence[compose.Composable]) -> compose.Composed:
    return compose.SQL("concat({})").format(compose.SQL(", ").join(parts))


def _size(name: str, kind: str) -> compose.Composable:
    if _FIXED.fullmatch(kind):
        return compose.SQL(str(_FIXED_BYTES))
    return compose.SQL("coalesce(pg_column_size(source.{}), 0)").format(Named(name))
