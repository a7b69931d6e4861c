"""The keys of the rows that break a rule, as files: CSV for people, Parquet for programs."""

import re
from pathlib import Path
from typing import Any

from atlas_workflows.validation.results import ExpectationResult

FOLDER = "failing_keys"
FORMULA = tuple("=+-@\t\r")
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def key_file(result: ExpectationResult) -> str:
    """Where a rule's failing keys lie, seen from the report folder."""
    parts = (result.suite, result.batch, result.expectation, result.column)
    return f"{FOLDER}/{'.'.join(part for part in parts if part)}.csv"


def export_keys(folder: Path, result: ExpectationResult) -> Path | None:
    """All failing keys of a rule as a pandas frame, written to <name>.csv and <name>.parquet; None without any."""
    if not result.keys:
        return None
    import pandas

    path = folder / Path(key_file(result)).name
    folder.mkdir(parents=True, exist_ok=True)
    frame = pandas.DataFrame([dict(key) for key in result.keys], dtype="string")
    frame.map(without_formula).to_csv(path, index=False)
    frame.to_parquet(path.with_suffix(".parquet"), index=False)
    return path


def without_formula(value: Any) -> Any:
    """What a spreadsheet would take for a formula begins with an apostrophe, by which it takes it for a text; a number stays."""
    risky = isinstance(value, str) and value[:1] in FORMULA and not NUMBER.fullmatch(value)
    return f"'{value}" if risky else value
