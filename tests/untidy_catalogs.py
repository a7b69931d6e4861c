"""Generated legacy tables: names, types and values as PostgreSQL allows them, made by hypothesis."""

from dataclasses import dataclass
from typing import Any

import psycopg
from hypothesis import strategies as st
from psycopg import sql as compose

# What a name may hold: quotes, per cent signs, braces, blanks, upper case, letters of other scripts; 63 bytes at most.
NAMES = st.text(st.sampled_from("aZ%\"'{}\\ .:$;-_é日()[]s"), min_size=1, max_size=20).filter(
    lambda name: name.lower() not in ("id", "name", "nodes", "edges", "at")
)
# Types that a table can be made of, with values they take; {0} stands for a name of the type's own.
TYPES: dict[str, tuple[str, tuple[str | None, ...]]] = {
    "text": ("", ("", "a\tb\nc\\N", "100% {x}", None)),
    "char(3)": ("", ("a", "abc")),
    "timestamptz": (
        "",
        ("infinity", "-infinity", "12345-06-07 08:09:10+00", "0044-03-15 00:00:00+00 BC", None),
    ),
    "date": ("", ("infinity", "20000-01-01", "0001-01-01 BC")),
    "interval": ("", ("1 year -3 days 04:05:06.7", "-00:00:01")),
    "numeric": ("", ("NaN", "1e-30", "123456789012345678901234567890.10")),
    "float8": ("", ("NaN", "-Infinity", "0.1", "5e-324")),
    "jsonb": ("", ('{"a%": [1, "\\u00e9"]}', "null")),
    "bytea": ("", ("\\x00ff", "")),
    "text[]": ("", ('{"a,b",NULL,"{}"}', "{}")),
    "int4range": ("", ("[1,5)", "empty")),
    "DOMAIN text": ("CREATE DOMAIN {0} AS text CHECK (VALUE <> 'no')", ("yes", None)),
    "DOMAIN int[]": ("CREATE DOMAIN {0} AS int[]", ("{1,2}",)),
    "ENUM": ("CREATE TYPE {0} AS ENUM ('100%', 'it''s', '\"')", ("100%", "it's", '"')),
    "COMPOSITE": (
        'CREATE TYPE {0} AS ("a%" int, b text, "C" timestamptz)',
        ('(1,"x,y",infinity)', "(,,)", None),
    ),
    "STORED": ("", ()),
    "VIRTUAL": ("", ()),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column beside the ones that make a table a legacy one; `type_name` where its type is made for it."""

    name: str
    kind: str
    type_name: str
    values: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Catalog:
    """A `workflows` table of shape A with odd columns. `key` is the type of its key."""

    columns: tuple[Column, ...]
    key: str

    def make(self, connection: psycopg.Connection[Any]) -> None:
        """Create it in an empty database, with three rows."""
        key = compose.SQL("uuid")
        if self.key == "domain":
            key = compose.Identifier("public", "Key % type's")
            connection.execute(compose.SQL("CREATE DOMAIN {} AS uuid").format(key))
        for column in self.columns:
            if TYPES[column.kind][0]:
                made = compose.Identifier("public", column.type_name).as_string()
                connection.execute(TYPES[column.kind][0].format(made).encode())
        listed = [
            compose.SQL("{} {}").format(compose.Identifier(column.name), _type(column))
            for column in self.columns
        ]
        fixed = compose.SQL("id {} PRIMARY KEY, name text, nodes jsonb, edges jsonb").format(key)
        connection.execute(
            compose.SQL("CREATE TABLE public.workflows ({})").format(compose.SQL(", ").join([fixed, *listed]))
        )
        for number in range(3):
            self._insert(connection, number)

    def _insert(self, connection: psycopg.Connection[Any], number: int) -> None:
        given = {"id": f"00000000-0000-4000-8000-{number:012d}", "name": f"Workflow {number}"}
        for column in self.columns:
            if column.values:
                given[column.name] = column.values[number % len(column.values)]
        values = compose.SQL(", ").join(compose.Literal(value) for value in given.values())
        names = compose.SQL(", ").join(compose.Identifier(name) for name in given)
        # Without parameters, so that no per cent sign means one.
        connection.execute(compose.SQL("INSERT INTO public.workflows ({}) VALUES ({})").format(names, values))


def catalogs() -> st.SearchStrategy[Catalog]:
    """Tables with up to six odd columns of distinct names."""
    column = st.tuples(NAMES, st.sampled_from(sorted(TYPES)), NAMES)
    columns = st.lists(column, min_size=1, max_size=6, unique_by=(lambda made: made[0], lambda made: made[2]))
    return st.builds(
        lambda made, key: Catalog(
            tuple(Column(name, kind, f"t {type_name}", TYPES[kind][1]) for name, kind, type_name in made), key
        ),
        columns,
        st.sampled_from(["uuid", "domain"]),
    )


def _type(column: Column) -> compose.Composable:
    if column.kind in ("STORED", "VIRTUAL"):
        return compose.SQL("text GENERATED ALWAYS AS (name || '%') " + column.kind)  # type: ignore[arg-type]
    if TYPES[column.kind][0]:
        return compose.Identifier("public", column.type_name)
    return compose.SQL(column.kind)  # type: ignore[arg-type]
