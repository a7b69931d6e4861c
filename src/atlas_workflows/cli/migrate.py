"""`atlas migrate …`: run a phase, watch, pause, resume, approve, roll back, report."""

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from atlas_workflows.cli.asked import asked, default_of
from atlas_workflows.cli.interruption import continued_by
from atlas_workflows.cli.left_behind import left_line
from atlas_workflows.cli.progress import progress_display
from atlas_workflows.cli.signed import require_signed
from atlas_workflows.db.schema import current
from atlas_workflows.errors import InputError, PhaseRefused
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.backup.scratch import abandoned
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.movement.planning import read_range_progress
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.report.files import HTML_NAME
from atlas_workflows.migration.report.write import report_run
from atlas_workflows.migration.request import PhaseRequest, RollbackRequest, RunOptions, Scope
from atlas_workflows.migration.runs.conclusion import run_to_conclusion
from atlas_workflows.migration.runs.controls import approval_of, approve_run, pause_run, resume_run
from atlas_workflows.migration.runs.outcome import Conclusion
from atlas_workflows.migration.runs.records import RunRow, latest_runs, read_run, read_steps
from atlas_workflows.migration.runs.standing import as_they_stand
from atlas_workflows.migration.taken_back import roll_back_and_report
from atlas_workflows.site import Site, crm_site

app = typer.Typer(no_args_is_help=True, help="Run, watch, pause, resume, roll back and report a phase.")

PhaseName = Annotated[
    str, typer.Argument(metavar="PHASE", help="p1, p2 or p4, or its full name such as p1_database.")
]
Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
Organization = Annotated[list[str] | None, asked("organizations", "--organization", metavar="ID")]
Percent = Annotated[int | None, asked("percent")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
ReportFolder = Annotated[Path | None, typer.Option("--report", metavar="DIR", help="Where the report goes.")]
RunId = Annotated[str | None, typer.Argument(metavar="RUN", help="The phase run; default the latest.")]
NOBODY = "operator"
MOST_RUNS = 1_000  # looked at for those that wait
NO_RUNS = "No phase has been run here."
Actor = Annotated[str, typer.Option("--by", help="Who does it; noted in the audit log.")]


@app.command()
def run(
    phase: PhaseName,
    dsn: Dsn = None,
    organization: Organization = None,
    percent: Percent = None,
    dry_run: Annotated[bool, asked("dry_run", "--dry-run")] = False,
    report: ReportFolder = None,
    as_json: AsJson = False,
    workers: Annotated[int, asked("workers")] = default_of("workers"),
    batch_rows: Annotated[int, asked("batch_rows")] = default_of("batch_rows"),
    throttle: Annotated[bool, asked("throttle")] = True,
    backup: Annotated[bool, asked("backup")] = True,
    rehearse: Annotated[bool, asked("rehearse")] = True,
    require_approval: Annotated[bool, asked("require_approval")] = False,
    watch_minutes: Annotated[int, asked("watch_minutes")] = default_of("watch_minutes"),
    not_ready: Annotated[str, asked("not_ready", metavar="OWNER")] = default_of("not_ready"),
    old_application_stopped_at: Annotated[
        str | None, asked("old_application_stopped_at", metavar="TIME")
    ] = None,
    assume_organization: Annotated[str | None, asked("assume_organization", metavar="ID")] = None,
    waive: Annotated[list[str] | None, asked("waivers", "--waive", metavar="ITEM=REASON")] = None,
    by: Actor = "",
) -> None:
    """Run or continue a phase. Exit 0: all migrated; 3: some rows quarantined; 4: a check failed; 1: anything else."""
    from atlas_workflows.migration.preflight.checklist import waivable_items

    site = crm_site(dsn)
    if waive:
        require_signed(by, what="A waiver")
    request = PhaseRequest.read(
        {
            "organizations": organization,
            "percent": percent,
            "dry_run": dry_run,
            "batch_rows": batch_rows,
            "workers": workers,
            "throttle": throttle,
            "backup": backup,
            "rehearse": rehearse,
            "require_approval": require_approval,
            "watch_minutes": watch_minutes,
            "not_ready": not_ready,
            "old_application_stopped_at": old_application_stopped_at,
            "assume_organization": assume_organization,
            "waivers": waive,
        },
        actor=by.strip() or NOBODY,
        waivable=waivable_items(),
        report_dir=str(report.absolute()) if report else None,
    )
    _run(phase, request.scope, request.options, site, as_json)


@app.command()
def resume(run_id: RunId = None, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Continue a paused run with the scope and options it was started with."""
    site = crm_site(dsn)
    found = _find(site, run_id)
    with site.connect("resume", autocommit=True) as connection:
        resume_run(connection, found.id)
    _run(found.phase, found.scope, found.options, site, as_json)


@app.command()
def pause(run_id: RunId = None, dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Ask a run to stop after the batch in hand; `resume` continues it."""
    site = crm_site(dsn)
    found = _find(site, run_id)
    with site.connect("pause", autocommit=True) as connection:
        pause_run(connection, found.id)
    _say(
        as_json,
        {"run_id": str(found.id), "status": "paused"},
        f"Phase run {found.id} pauses after its batch.",
    )


@app.command()
def approve(
    run_id: Annotated[
        str | None, typer.Argument(metavar="RUN", help="The phase run; default the one that waits.")
    ] = None,
    dsn: Dsn = None,
    by: Actor = "",
    reason: Annotated[str, typer.Option(help="Why it may go on.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say yes to a run that waits for approval; then run the phase's command again."""
    require_signed(by, reason, what="An approval")
    site = crm_site(dsn)
    found = _waiting(site) if run_id is None else _find(site, run_id)
    with site.connect("approve", autocommit=True) as connection:
        approve_run(connection, found.id, by.strip(), reason.strip())
    told = {"run_id": str(found.id), "phase": found.phase, "approved_by": by}
    _say(as_json, told, f"Phase run {found.id} ({found.phase}) is approved by {by}.")


@app.command()
def status(
    phase: Annotated[str | None, typer.Argument(metavar="PHASE", help="Only runs of this phase.")] = None,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Show the phase runs and how far the latest one is."""
    site = crm_site(dsn)
    name = phase_named(phase).name if phase else None
    with site.connect("status", autocommit=True) as connection:
        recorded = latest_runs(connection, name) if current(site.dsn) else ()
        runs = as_they_stand(connection, recorded, site.now()) if recorded else ()
        left = abandoned(connection)
        shown = [_run_json(item) for item in runs]
        if runs:
            shown[0]["steps"] = [
                {"kind": step.kind, "status": step.status} for step in read_steps(connection, runs[0].id)
            ]
            ranges = read_range_progress(connection, runs[0].id)
            shown[0]["rows_done"] = sum(each.rows_done for each in ranges)
            shown[0]["rows_total"] = sum(each.range.rows for each in ranges)
    _say(
        as_json,
        {"runs": shown, "left_behind": [asdict(item) for item in left]},
        "\n".join(
            [
                *(_run_line(item) for item in shown or ()),
                *([] if shown else [NO_RUNS]),
                *map(left_line, left),
            ]
        ),
    )


@app.command()
def rollback(
    phase: PhaseName,
    dsn: Dsn = None,
    organization: Organization = None,
    percent: Percent = None,
    execute: Annotated[bool, typer.Option("--execute", help="Really do it; without it only counts.")] = False,
    parked: Annotated[
        str,
        typer.Option(
            metavar="CHOICE", help="Live executions of workflows that go back: finish (here) or cancel."
        ),
    ] = "finish",
    by: Actor = "",
    reason: Annotated[str, typer.Option(help="Why; noted in the audit log.")] = "",
    as_json: AsJson = False,
) -> None:
    """Take back what a phase did; rows born since go to the archive.

    Only counts unless --execute is given, which needs --by and --reason.
    """
    if execute:
        require_signed(by, reason, what="A rollback")
    asked = RollbackRequest.read(
        {
            "phase": phase,
            "organizations": organization,
            "percent": percent,
            "dry_run": not execute,
            "parked": parked,
            "reason": reason.strip() or None,
        }
    )
    result, folder = roll_back_and_report(
        phase_named(phase), asked, crm_site(dsn), actor=by.strip() or NOBODY
    )
    verb = "Removed" if execute else "Would remove (nothing done; add --execute)"
    lines = [f"{verb}:"] + [f"  {table:<32}{rows:>10}" for table, rows in result.removed.items()]
    lines += (
        [f"Archived: {sum(result.archived.values())} rows born or edited since."] if result.archived else []
    )
    lines += [f"  {name.replace('_', ' '):<32}{number:>10}" for name, number in result.given_back.items()]
    document = result.to_json() | {"report": str(folder)}
    _say(as_json, document, "\n".join([*lines, *result.kept, f"Report: {folder / HTML_NAME}"]))


@app.command()
def sweep(phase: PhaseName, dsn: Dsn = None, by: Actor = NOBODY, as_json: AsJson = False) -> None:
    """Compare every row with the ledger and take up what differs, without a whole run; proves nothing by itself."""
    from atlas_workflows.migration.movement.sweep_alone import sweep_phase

    site = crm_site(dsn)
    if current(site.dsn) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    with progress_display(quiet=as_json) as sink:
        swept = sweep_phase(phase_named(phase), replace(site, progress=sink), actor=by)
    lines = [
        f"{name}: {item.rows} rows compared, {item.written} taken up" for name, item in swept.tables.items()
    ]
    lines += [f"{swept.removed} rows gone at the source, {swept.captured} captured changes taken up"]
    _say(as_json, swept.to_json(), "\n".join(lines))


@app.command()
def report(
    run_id: RunId = None, dsn: Dsn = None, folder: ReportFolder = None, as_json: AsJson = False
) -> None:
    """Write the report of a run again, from what the database holds now."""
    site = crm_site(dsn)
    found = _find(site, run_id)
    context = PhaseContext(found.id, phase_named(found.phase), found.scope, found.options, site)
    place = folder or context.report_dir
    head = report_run(context, place)
    _say(as_json, head | {"report": str(place)}, f"Report in {place}")


def _run(name: str, scope: Scope, options: RunOptions, site: Site, as_json: bool) -> None:
    phase = phase_named(name)
    with progress_display(quiet=as_json) as sink, continued_by(_go_on(phase, options)):
        conclusion = run_to_conclusion(
            phase, replace(site, progress=sink), scope=scope, options=options, left=say_where
        )
    _say(as_json, conclusion.to_json(), _conclusion_text(conclusion))
    sys.exit(conclusion.exit_code)


def _go_on(phase: Phase, options: RunOptions) -> str:
    if options.dry_run:
        return "nothing was written, and a dry run begins anew."
    return f"`atlas migrate run {phase.alias}` with the same words continues it."


def say_where(report: Path | None) -> None:
    """Where the report of a run lies that an error ended."""
    print(f"Report: {report}" if report else "No report could be written.", file=sys.stderr)


def _conclusion_text(conclusion: Conclusion) -> str:
    head = "Dry run, nothing was written: phase" if conclusion.dry_run else "Phase"
    lines = [f"{head} {conclusion.phase}: {conclusion.status}"]
    if conclusion.owners:
        lines += [
            f"  {f'{owner}, {cause}'.replace('_', ' '):<40}{number:>10} workflows"
            for owner, causes in conclusion.owners.items()
            for cause, number in causes.items()
        ]
    else:
        lines += [
            f"  {outcome.replace('_', ' '):<24}{number:>10} workflows"
            for outcome, number in conclusion.counts.items()
        ]
        lines += [f"  {'quarantined rows in all':<24}{conclusion.quarantined_rows:>10}"]
    if conclusion.problem:
        lines += [
            f"What stopped it: {conclusion.problem}",
            f"What next: {conclusion.remedy or 'see the report'}",
        ]
    return "\n".join([*lines, f"Report: {conclusion.report}"])


def _waiting(site: Site) -> RunRow:
    """The one run that waits for approval: an earlier run of a phase is not continued. Raises PhaseRefused where it is none, or several."""
    newest = _find(site, None)
    with site.connect("find", autocommit=True) as connection:
        real = [run for run in latest_runs(connection, limit=MOST_RUNS) if not run.options.dry_run]
        last_ones = {run.phase: run for run in reversed(real)}.values()
        waiting = [
            run for run in last_ones if run.status == "waiting" and approval_of(connection, run.id) is None
        ]
    if not waiting:
        raise PhaseRefused(
            f"No phase run waits for approval; the latest, {newest.id} ({newest.phase}), is {newest.status}.",
            remedy="`atlas migrate status` lists them. One that runs or failed can be approved by its id.",
        )
    if len(waiting) > 1:
        listed = ", ".join(f"{run.id} ({run.phase})" for run in waiting)
        raise PhaseRefused(
            f"{len(waiting)} phase runs wait for approval: {listed}.", remedy="Name the one you mean."
        )
    return waiting[0]


def _find(site: Site, run_id: str | None) -> RunRow:
    if current(site.dsn) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    with site.connect("find", autocommit=True) as connection:
        if run_id is not None:
            return read_run(connection, _uuid(run_id))
        runs = latest_runs(connection, limit=1)
    if not runs:
        raise PhaseRefused("No phase has been run here.", remedy="Start with `atlas migrate run p1`.")
    return runs[0]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as cause:
        raise InputError(f"{text!r} is no run id.", remedy="`atlas migrate status` lists them.") from cause


def _run_json(item: RunRow) -> dict[str, Any]:
    return {
        "run_id": str(item.id),
        "phase": item.phase,
        "status": item.status,
        "scope": item.scope.to_json(),
        "started_at": item.started_at.isoformat(),
        "finished_at": item.finished_at.isoformat() if item.finished_at else None,
        "actor": item.actor,
        "problem": item.problem,
    }


def _run_line(item: dict[str, Any]) -> str:
    line = f"{item['run_id']}  {item['phase']:<14}{item['status']:<12}{item['started_at'][:19]}"
    if item.get("rows_total"):
        line += f"  {item['rows_done']}/{item['rows_total']} rows"
    return line + (f"  {item['problem']}" if item["problem"] else "")


def _say(as_json: bool, document: Any, text: str) -> None:
    print(dumps_text(document) if as_json else text)
