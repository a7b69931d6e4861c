"""Runs one suite for a phase run, keeps the results, builds its Data Docs, and says whether the phase may go on."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.checks.keep import keep
from atlas_workflows.migration.checks.queries import queries_of
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.step import StepResult, StepStatus
from atlas_workflows.validation.data import Frames
from atlas_workflows.validation.key_files import FOLDER
from atlas_workflows.validation.results import ExpectationResult, stopping
from atlas_workflows.validation.subprocess_runner import run_in_subprocess
from atlas_workflows.validation.suites import load_suite

SHOWN = 10
CHECKED = "checked"  # what suites found, for the report of a dry run, which keeps nothing


def check(context: PhaseContext, name: str, frames: Frames | None = None) -> list[ExpectationResult]:
    """Results of the suite `name`, on `frames` or else on its queries; kept and documented."""
    suite = load_suite(context.settings.expectations, name)
    with context.connect("validate", autocommit=True) as connection:
        data = frames or queries_of(suite, context, connection)
        folder = context.report_dir
        results = run_in_subprocess(suite, data, folder / "data_docs", folder / FOLDER)
        if context.persistent:
            connection.execute(sql("checks/forget_results"), {"run_id": context.run_id, "suite": name})
            keep(connection, context, results)
    context.shared.setdefault(CHECKED, []).extend(results)
    return results


def verdict(results: Sequence[ExpectationResult]) -> StepResult:
    """Passed, or failed with what stops the phase; an SQL error is named as an error, not as bad data."""
    summary: dict[str, Any] = {
        "expectations": len(results),
        "by_status": dict(Counter(str(result.status) for result in results)),
        "warnings": [r.sentence for r in results if r.status == "failed" and not r.stops],
    }
    stops = stopping(results)
    if not stops:
        return StepResult(StepStatus.PASSED, summary)
    sentences = [result.sentence for result in stops]
    return StepResult(
        StepStatus.FAILED,
        summary | {"stops": sentences},
        problem="; ".join(sentences[:SHOWN])
        + (f"; and {len(sentences) - SHOWN} more" if len(sentences) > SHOWN else ""),
        remedy="The failing keys are in the report folder (failing_keys/); fix them or the rule, then run again.",
    )
