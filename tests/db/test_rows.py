"""One way to ask the database: rows come as named classes, and nothing reads them by position."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.rows import one, relation_exists, rows, scalar, scalars

SOURCES = Path(__file__).parents[2] / "src" / "atlas_workflows"
BY_POSITION = re.compile(r"\brow\[\d\]|\.fetchone\(\)")
# The sample writes the old world and has its own connections.
OWN_WAY = ("db/rows.py", "sample/")


@dataclass(frozen=True, slots=True)
class Letter:
    """A row of the statement below."""

    name: str
    place: int


LETTERS = "SELECT * FROM (VALUES (2, 'b'), (1, 'a')) AS letter (place, name) ORDER BY place DESC"
NONE = "SELECT 1 AS place, 'a' AS name WHERE false"


@pytest.fixture
def connection(dsn: str) -> Iterator[Connection]:
    with connect(dsn, application_name="test", autocommit=True) as opened:
        yield opened


def test_columns_are_taken_by_name_whatever_their_order(connection: Connection) -> None:
    assert rows(connection, Letter, LETTERS) == [Letter("b", 2), Letter("a", 1)]
    assert one(connection, Letter, LETTERS) == Letter("b", 2)
    assert rows(connection, dict, LETTERS)[1] == {"place": 1, "name": "a"}


def test_no_row_is_none_or_an_empty_list(connection: Connection) -> None:
    assert scalar(connection, NONE) is None
    assert one(connection, Letter, NONE) is None
    assert (scalars(connection, NONE), rows(connection, Letter, NONE)) == ([], [])


def test_the_first_column_of_one_row_or_of_every_row(connection: Connection) -> None:
    assert scalar(connection, "SELECT %s::int + 1, 'x'", [1]) == 2
    assert scalars(connection, LETTERS) == [2, 1]


def test_a_column_that_the_class_does_not_have_is_an_error(connection: Connection) -> None:
    with pytest.raises(TypeError, match="size"):
        one(connection, Letter, "SELECT 1 AS place, 'a' AS name, 3 AS size")


def test_a_relation_is_found_by_its_written_name(connection: Connection) -> None:
    connection.execute('CREATE TABLE public."Odd.name" (id int)')
    assert relation_exists(connection, 'public."Odd.name"')
    assert not relation_exists(connection, "public.odd")
    assert not relation_exists(connection, "nowhere.odd")


def test_nothing_reads_a_row_by_position() -> None:
    found = [
        f"{path.relative_to(SOURCES)}:{number}: {line.strip()}"
        for path in sorted(SOURCES.rglob("*.py"))
        if not str(path.relative_to(SOURCES)).startswith(OWN_WAY)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if BY_POSITION.search(line)
    ]
    assert not found, "\n".join(["Use atlas_workflows.db.rows:", *found])
