"""What a suite is run on: frames before they load, or queries on the tables after."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg

from atlas_workflows.db.connect import Connection

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Frames:
    """Batches by name, as pandas frames or as lists of values by column: whoever asks need not load pandas."""

    frames: Mapping[str, "pandas.DataFrame | Mapping[str, Sequence[Any]]"]


@dataclass(frozen=True, slots=True)
class Queries:
    """Batches as complete SQL texts, by name, on the database at `dsn`."""

    dsn: str = field(repr=False)
    texts: Mapping[str, str]


def filled_in(connection: Connection, query: str, parameters: Mapping[str, Any]) -> str:
    """The query with its parameters as properly quoted literals, since a suite's batch takes none."""
    # The library wants a text that begins with SELECT, so the comment on top stays behind.
    bare = query[query.index("SELECT") :].rstrip().rstrip(";")
    return psycopg.ClientCursor(connection).mogrify(bare.encode(), parameters)
