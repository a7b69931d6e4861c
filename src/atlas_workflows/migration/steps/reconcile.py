"""Step `reconcile`: compare both sides row by row; clean organizations get their certificate."""

import json
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import DatabaseUnreachable
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.ledger.certificate import Certificate, issue_certificates
from atlas_workflows.migration.movement.tenants import read_tenancy, resolve_scope
from atlas_workflows.migration.reconciliation.findings import Reconciliation
from atlas_workflows.migration.reconciliation.reconcile import Report, reconcile
from atlas_workflows.migration.step import Skips, StepKind, StepResult, StepStatus
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.secrets.signing import Signer
from atlas_workflows.site import Progress

SHOWN = 50
SHOWN_SECONDS = 0.05  # of a table; what takes less would show as nothing


def run(context: PhaseContext) -> StepResult:
    """Reconcile, write differences.json and certificates/ (whoever has no difference gets one), and fail on any difference."""
    with context.connect("reconcile", autocommit=True) as connection, _sessions_beside(context) as beside:
        tenancy = read_tenancy(connection, context.options.assume_organization)
        keys = context.settings.secret_keys
        found = reconcile(
            connection,
            Sealer(keys),
            beside=beside,
            covered=resolve_scope(context.scope, tenancy.organizations).covered,
            report=_reporter(context),
        )
        certificates = issue_certificates(
            connection,
            found,
            Signer(keys),
            phase=context.phase.name,
            run_id=context.run_id,
            at=context.now(),
        )
    _write(context, found, certificates)
    summary = summarise(found, certificates)
    if found.is_clean:
        return StepResult(StepStatus.PASSED, summary)
    return StepResult(
        StepStatus.FAILED,
        summary,
        problem=f"{found.difference_count} differences between the legacy tables and ours: {_kinds(found)}.",
        remedy=f"See {context.report_dir / 'differences.json'}; run the phase again once the cause is mended.",
    )


@contextmanager
def _sessions_beside(context: PhaseContext) -> Iterator[list[Connection]]:
    """One less than there may be workers; fewer where the server has no room for more, as the report then says."""
    with ExitStack() as stack:
        sessions: list[Connection] = []
        with suppress(DatabaseUnreachable):
            sessions.extend(
                stack.enter_context(context.connect("reconcile", autocommit=True))
                for _ in range(context.options.workers - 1)
            )
        yield sessions


def summarise(found: Reconciliation, certificates: list[Certificate]) -> dict[str, Any]:
    """What the report and the terminal show."""
    tables: dict[str, Counter[str]] = {}
    for per_table in found.tallies.values():
        for table, tally in per_table.items():
            counts = tables.setdefault(table, Counter())
            counts.update(tally.outcomes)
            counts["source_rows"] += tally.source_rows
            counts["pending"] += tally.pending
    return {
        "differences": found.difference_count,
        "pending": found.pending,
        "organizations": sum(1 for organization in found.tallies if organization),
        "certificates": len(certificates),
        "public_key": certificates[0].body["public_key"] if certificates else None,
        "snapshots": len(found.snapshots),
        "oldest_snapshot_seconds": round(found.oldest_snapshot, 1),
        "sessions": found.sessions,
        "seconds": {
            name: round(seconds, 1)
            for name, seconds in sorted(found.seconds.items(), key=lambda item: -item[1])
            if seconds >= SHOWN_SECONDS
        },
        "tables": {table: dict(counts) for table, counts in sorted(tables.items())},
        "first_differences": [_shown(difference) for difference in found.differences[:SHOWN]],
    }


def _shown(difference: Any) -> dict[str, Any]:
    return {
        "kind": str(difference.kind), "table": difference.table, "id": difference.id,
        "organization_id": difference.organization_id, "column": difference.column, "detail": difference.detail,
        "meaning": difference.kind.documentation,
    }  # fmt: skip


def _write(context: PhaseContext, found: Reconciliation, certificates: list[Certificate]) -> None:
    folder = context.report_dir
    (folder / "certificates").mkdir(parents=True, exist_ok=True)
    shown = {
        "total": found.difference_count,
        "listed": [_shown(difference) for difference in found.differences],
    }
    (folder / "differences.json").write_text(json.dumps(shown, indent=1))
    for certificate in certificates:
        (folder / "certificates" / f"{certificate.organization_id}.json").write_text(
            json.dumps(certificate.to_json(), indent=1)
        )


def _kinds(found: Reconciliation) -> str:
    counts = Counter(str(difference.kind) for difference in found.differences)
    return ", ".join(f"{kind} {count}" for kind, count in counts.most_common())


def _reporter(context: PhaseContext) -> Report:
    began = time.monotonic()

    def report(table: str, done: int, total: int) -> None:
        seconds = time.monotonic() - began
        rate = done / seconds if done and seconds > 0 else None
        left = (total - done) / rate if rate else None
        context.progress(Progress("reconcile", table, done, total, rate, left))

    return report


STEP = StepKind(
    "reconcile",
    "Compare both sides and certify",
    run,
    undo=NothingToUndo("a certificate is the proof of what held when it was issued, and stays"),
    dry_run=Skips("a dry run writes nothing that could be compared"),
    continues=False,
    is_gate=True,
    repeats=True,
    after=("backfill",),
)
