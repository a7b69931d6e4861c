"""Suites as JSON files in expectations/: which batches, which rules, how severe, and why."""

from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from atlas_workflows.errors import ConfigurationError


class Expectation(BaseModel):
    """One rule. `why` says what would be wrong; a failed critical one stops the phase, a warning does not."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    type: str
    kwargs: dict[str, Any] = Field(default_factory=dict)
    severity: Literal["critical", "warning", "info"] = "critical"
    why: str


class Batch(BaseModel):
    """Rows to look at: the query include/sql/validation/<suite>/<name>.sql, or a frame of that name.

    `keys` are the columns that identify a row; they, and no others, are shown. `needs`: the legacy table without
    which there is nothing to look at.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    keys: tuple[str, ...]
    needs: str | None = None
    expectations: tuple[Expectation, ...] = Field(min_length=1)


class Suite(BaseModel):
    """A file of expectations/."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    about: str
    batches: tuple[Batch, ...] = Field(min_length=1)


def load_suite(folder: Path, name: str) -> Suite:
    """Read expectations/<name>.json. Raises ConfigurationError naming the file and the field that is wrong."""
    path = folder / f"{name}.json"
    try:
        return Suite.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as cause:
        raise ConfigurationError(
            f"The suite {path} is missing.", remedy="Restore it from the release."
        ) from cause
    except ValidationError as cause:
        first = cause.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{path}: {where}: {first['msg']}.", remedy="Correct that field.") from cause
