"""What a suite is run on: frames before they load, or queries on the tables after."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, slots=True)
class Frames:
    """Batches as pandas frames, by name."""

    frames: Mapping[str, "pandas.DataFrame"]


@dataclass(frozen=True, slots=True)
class Queries:
    """Batches as complete SQL texts, by name, on the database at `dsn`."""

    dsn: str = field(repr=False)
    texts: Mapping[str, str]
