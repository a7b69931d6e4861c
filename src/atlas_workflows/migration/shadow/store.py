"""Keeps verdicts and differences in schema atlas, a batch in one transaction."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.shadow.judge import Shown, Verdict
from atlas_workflows.migration.shadow.read import Enhanced
from atlas_workflows.migration.shadow.rules import COMPARISON_RULES


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict and the workflow it is about."""

    enhanced: Enhanced
    verdict: Verdict


def require_known(connection: Connection, run_id: UUID) -> None:
    """Raises InputError for a run that has stored nothing that still stands: there is nothing to go on behind."""
    with acting_as_migration(connection):
        if not scalar(connection, sql("migration/shadow/run_is_known"), {"run_id": run_id}):
            raise InputError(
                f"No verdict of a shadow run {run_id} is kept: it never was, it stored nothing, or later ones took its place.",
                remedy="Leave --continue out; a run that was interrupted before its first hundred workflows has nothing to go on from.",
            )


def compared_already(
    connection: Connection, run_id: UUID, enhanced: Mapping[str, Enhanced]
) -> frozenset[str]:
    """Those of these workflows that the run need not compare again: as they were, with nothing unexplained.

    A run taken up again goes on behind them, and looks anew at what was corrected meanwhile.
    """
    with acting_as_migration(connection):
        given = {"run_id": run_id, "ids": list(enhanced), "rules": COMPARISON_RULES}
        found = connection.execute(sql("migration/shadow/compared"), given).fetchall()
    hashes = {id_: (item.definition_hash, item.source_hash) for id_, item in enhanced.items()}
    return frozenset(id_ for id_, *known in found if tuple(known) == hashes[id_])


def store(connection: Connection, judged: Sequence[Judged], *, run_id: UUID, at: datetime) -> None:
    """Bring the stored verdicts on these workflows to what was found; safe to repeat."""
    if not judged:
        return
    ids = [item.enhanced.workflow_id for item in judged]
    organizations = sorted({item.enhanced.organization_id for item in judged})
    with acting_as_migration(connection), connection.cursor() as cursor:
        cursor.execute(
            sql("migration/shadow/forget_differences"), {"ids": ids, "organizations": organizations}
        )
        cursor.executemany(
            sql("migration/shadow/write_workflow"), [_workflow(item, run_id, at) for item in judged]
        )
        cursor.executemany(sql("migration/shadow/write_difference"), list(_differences(judged)))


def forget_gone(connection: Connection) -> None:
    """Remove verdicts on workflows that were removed since."""
    with acting_as_migration(connection):
        connection.execute(sql("migration/shadow/forget_gone"))


def _workflow(item: Judged, run_id: UUID, at: datetime) -> dict[str, Any]:
    enhanced, verdict = item.enhanced, item.verdict
    names = (
        "engine", "executions", "recorded", "reproduced", "assumed", "subjects", "triggers", "is_made_up", "same",
        "explained", "unexplained", "messages_before", "messages_after",
    )  # fmt: skip
    causes = {
        cause: {"times": times, "execution": execution, "detail": detail[:200]}
        for cause, (times, execution, detail) in sorted(verdict.causes.items())
    }
    return {
        "organization_id": enhanced.organization_id,
        "workflow_id": enhanced.workflow_id,
        "legacy_id": enhanced.legacy_id,
        "definition_hash": enhanced.definition_hash,
        "source_hash": enhanced.source_hash,
        "rules": COMPARISON_RULES,
        "run_id": run_id,
        "compared_at": at,
        "standing": list(verdict.standing),
        "causes": dumps_text(causes),
        **{name: getattr(verdict, name) for name in names},
    }


def _differences(judged: Sequence[Judged]) -> Iterable[Mapping[str, Any]]:
    for item in judged:
        for position, shown in enumerate(item.verdict.differences):
            yield {
                "organization_id": item.enhanced.organization_id,
                "workflow_id": item.enhanced.workflow_id,
                "position": position,
                **_difference(shown),
            }


def _difference(shown: Shown) -> dict[str, Any]:
    return {
        "change": str(shown.change),
        "node_id": shown.node,
        "field": shown.field,
        "codes": list(shown.codes),
        "times": shown.times,
        "before": shown.before,
        "after": shown.after,
        "example": shown.execution,
    }
