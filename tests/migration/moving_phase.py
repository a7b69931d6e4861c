"""Phase 1 without preflight, checks and proof: the steps that move data, as tests of the movement run them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
from plain_source import settings_at

from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.runs.outcome import Conclusion, conclude
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.site import Site

OPTIONS = RunOptions(throttle=False, backup=False, rehearse=False)
MOVES_ONLY = ("expand", "backfill", "approve", "finish")


def moving_phase() -> Phase:
    """Under the real name, so that runs, ledger and rollback are those of phase 1."""
    return replace(phase_named("p1"), steps=MOVES_ONLY)


def migrate(dsn: str, home: Path, *, scope: Scope | None = None, options: RunOptions = OPTIONS) -> Conclusion:
    """Run it and write the report."""
    phase = moving_phase()
    settings = settings_at(home)
    result = run_phase(phase, site=Site(dsn, settings), scope=scope or Scope(), options=options)
    return conclude(result, phase, scope or Scope(), options, site=Site(dsn, settings))


def fetch(dsn: str, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """All rows of a statement, as the old application would send it."""
    with psycopg.connect(dsn, autocommit=True, options="-c search_path=public") as connection:
        cursor = connection.execute(statement.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []
