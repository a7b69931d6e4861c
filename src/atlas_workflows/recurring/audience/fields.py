"""What an audience query may ask of a table of people: the CRM adapter's words, its own columns, and custom fields. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from psycopg import sql as compose

from atlas_workflows.integrations.crm.fields import OWN
from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.names import normal
from atlas_workflows.recurring.audience.refusal import refuse

CUSTOM = "custom."
ROW = "found"
_KINDS = {
    "smallint": "number", "integer": "number", "bigint": "number", "numeric": "number",
    "real": "real", "double precision": "real", "boolean": "boolean", "date": "date",
    "timestamp with time zone": "instant", "timestamp without time zone": "local",
    "json": "list", "jsonb": "list", "bytea": "list", "interval": "list",
}  # fmt: skip
# Dates that go under several names; any other date is named by its column.
DATES = {
    "birthday": ("birthday", "date_of_birth", "birth_date", "birthdate", "dob"),
    "joined": ("joined_at", "joined_on", "join_date", "joined", "member_since", "membership_start_date"),
}


class Kind(StrEnum):
    """As what a field is compared. `real`: a number that is not exact; `local`: a time without a zone, read as UTC."""

    TEXT = "text"
    NUMBER = "number"
    REAL = "real"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    LOCAL = "local"
    CUSTOM = "custom"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Bound:
    """The values of a statement by the names of their places: a value never stands in the text."""

    values: dict[str, Any] = field(default_factory=dict)

    def __call__(self, value: Any, kind: str = "text") -> compose.Composable:
        """A place for the value, cast to a type of ours."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return compose.SQL("{}::{}").format(compose.Placeholder(name), compose.SQL(kind))


@dataclass(frozen=True, slots=True)
class Field:
    """A field as SQL over the row `found`."""

    name: str
    expression: compose.Composable
    kind: Kind


def field_of(table: Table, name: str, place: str, bound: Bound) -> Field:
    """The field of that name. Raises AudienceRefused naming those that there are."""
    found = _custom(table, name, bound) if name.startswith(CUSTOM) else _own(table, normal(name))
    if found is None:
        raise refuse(
            place, f"{table.name} has no field {name[:60]!r}.", f"It has {', '.join(known_fields(table))}."
        )
    return found


def date_of(table: Table, name: str, place: str, bound: Bound) -> Field:
    """The date of that name: of an own column under any of its names, else among the custom fields. Raises AudienceRefused."""
    names = DATES.get(normal(name), ())
    for each in names:
        if each in table.columns:
            return field_of(table, each, place, bound)
    if names and table.find("custom") is not None:
        parts = [_custom(table, f"{CUSTOM}{each}", bound) for each in names]
        return Field(name, _first(part.expression for part in parts if part is not None), Kind.CUSTOM)
    return field_of(table, name, place, bound)


def known_fields(table: Table) -> list[str]:
    """Words and own columns by name, and how custom fields are written where there are any."""
    words = [word for word in sorted(OWN - {"tags"}) if _own(table, word) is not None]
    aliased = {table.find(word) for word in words}
    kept_apart = {"tags", table.find("custom"), table.find("organization")}
    own = [name for name in table.columns if name not in aliased | kept_apart | set(words)]
    return [*words, *own, *([f"{CUSTOM}NAME"] if table.find("custom") is not None else [])]


def kind_of(column_type: str) -> Kind:
    """The kind of a column; a type of the CRM's own, such as an enumeration, is read as text."""
    bare = column_type.partition("(")[0].strip()
    if column_type.startswith("timestamp"):
        bare = f"timestamp {'with' if column_type.endswith('with time zone') else 'without'} time zone"
    return Kind.LIST if column_type.endswith("[]") else Kind(_KINDS.get(bare, "text"))


def _own(table: Table, word: str) -> Field | None:
    column = table.find(word)
    # A percent sign in a name would be taken for a place of a value.
    if column is not None and "%" not in column:
        kind = kind_of(table.columns[column])
        place = compose.Identifier(ROW, column)
        return Field(word, compose.SQL("{}::text").format(place) if kind is Kind.TEXT else place, kind)
    if word == "name" and {"first_name", "last_name"} & table.columns.keys():
        parts = [
            compose.Identifier(ROW, each) for each in ("first_name", "last_name") if each in table.columns
        ]
        words = compose.SQL("nullif(concat_ws(' ', {}), '')").format(compose.SQL(", ").join(parts))
        return Field(word, words, Kind.TEXT)
    return None


def _custom(table: Table, name: str, bound: Bound) -> Field | None:
    """A text, number or boolean of the custom fields as text; a list or an object there is nothing."""
    column = table.find("custom")
    if column is None or kind_of(table.columns[column]) is not Kind.LIST:
        return None
    key = bound(name.removeprefix(CUSTOM))
    document = compose.SQL("{}::jsonb").format(compose.Identifier(ROW, column))
    words = compose.SQL(
        "(CASE WHEN jsonb_typeof({document} -> {key}) IN ('string', 'number', 'boolean') THEN {document} ->> {key} END)"
    )
    return Field(name, words.format(document=document, key=key), Kind.CUSTOM)


def _first(parts: Iterable[compose.Composable]) -> compose.Composable:
    return compose.SQL("coalesce({})").format(compose.SQL(", ").join(parts))
