"""`atlas rollout …`: who executes what, widen a cohort, halt, go on, and give workflows back."""

import sys
from collections import Counter
from dataclasses import replace
from typing import Annotated, Any

import typer

from atlas_workflows.cli.asked import default_of
from atlas_workflows.cli.progress import progress_display
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.schema import current
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.migration.cutover_options import GUARDRAIL_FIELDS
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.ramp import Stage, require_cutover
from atlas_workflows.migration.ramp import ramp as ramp_phase
from atlas_workflows.migration.report.files import HTML_NAME
from atlas_workflows.migration.request import (
    RollbackRequest,
    RolloutRequest,
    RunOptions,
    rollout_fields,
)
from atlas_workflows.migration.runs.records import latest_runs
from atlas_workflows.migration.taken_back import roll_back_and_report
from atlas_workflows.rollout.rollouts import Owners, Rollout, let_go_on, read_owners, read_rollout
from atlas_workflows.rollout.rollouts import halt as halt_rollout
from atlas_workflows.site import Site, crm_site

app = typer.Typer(
    no_args_is_help=True, help="Who executes what: cut organizations over, halt, and give them back."
)

PhaseName = Annotated[str, typer.Argument(metavar="PHASE", help="p2, p4, or its full name.")]
Dsn = Annotated[str | None, typer.Option("--dsn", help="The CRM database; default ATLAS_CRM_DSN.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON only.")]
By = Annotated[str, typer.Option("--by", help="Who does it; noted in the audit log.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; noted in the audit log.")]
Organization = Annotated[
    list[str] | None, typer.Option("--organization", metavar="ID", help="Only these ids.")
]


def _limit(name: str) -> Any:
    return typer.Option(
        f"--{name.replace('_', '-')}", metavar="N", help=rollout_fields()[name]["description"]
    )


@app.command()
def status(phase: PhaseName = "p2", dsn: Dsn = None, as_json: AsJson = False) -> None:
    """Show the cohort, a halt, the limits of the last stage's guardrails, and who executes how many workflows."""
    found, site = _phase(phase), _site(dsn)
    with site.connect("rollout", autocommit=True) as connection:
        rollout, owners = read_rollout(connection, found.name), read_owners(connection)
        with acting_as_migration(connection):
            last = latest_runs(connection, found.name, 1)
    limits = {name: getattr(last[0].options, name) for name in GUARDRAIL_FIELDS} if last else None
    document = _as_json(rollout, owners) | {"guardrails": limits}
    _say(as_json, document, "\n".join([*_lines(rollout, owners), *_limit_lines(limits)]))


@app.command()
def ramp(
    by: By,
    reason: Reason,
    phase: PhaseName = "p2",
    percent: Annotated[
        list[int] | None,
        typer.Option("--percent", metavar="N", help="A share; repeated: one stage after the other."),
    ] = None,
    allow: Annotated[
        list[str] | None, typer.Option("--allow", metavar="ID", help="In, whatever the share.")
    ] = None,
    deny: Annotated[
        list[str] | None, typer.Option("--deny", metavar="ID", help="Out, whatever the share.")
    ] = None,
    not_ready: Annotated[
        str, typer.Option("--not-ready", metavar="OWNER", help=rollout_fields()["not_ready"]["description"])
    ] = default_of("not_ready"),
    watch_minutes: Annotated[
        int, typer.Option("--watch-minutes", metavar="N", help="How long each stage is watched.")
    ] = default_of("watch_minutes"),
    error_percent: Annotated[float | None, _limit("error_percent")] = None,
    error_times_before: Annotated[float | None, _limit("error_times_before")] = None,
    latency_seconds: Annotated[float | None, _limit("latency_seconds")] = None,
    unsubscribe_percent: Annotated[float | None, _limit("unsubscribe_percent")] = None,
    least_ended: Annotated[int | None, _limit("least_ended")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say who would be next, and do nothing.")
    ] = False,
    backup: Annotated[
        bool, typer.Option("--backup/--no-backup", help="Make and verify a backup first.")
    ] = True,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Widen the cohort and cut those over who are new in it; a guardrail that is crossed halts and gives them back."""
    asked = RolloutRequest.read(
        {
            "percents": percent, "allow": allow, "deny": deny, "not_ready": not_ready, "watch_minutes": watch_minutes, "dry_run": dry_run, "reason": reason,
            "error_percent": error_percent, "error_times_before": error_times_before,
            "latency_seconds": latency_seconds, "unsubscribe_percent": unsubscribe_percent, "least_ended": least_ended,
        }
    )  # fmt: skip
    options = RunOptions(actor=by, backup=backup, rehearse=False, **asked.cutover)
    with progress_display(quiet=as_json) as sink:
        stages = list(ramp_phase(_phase(phase), replace(_site(dsn), progress=sink), asked, options))
    head = ["Dry run, nobody was cut over:"] if dry_run else []
    _say(
        as_json,
        {"dry_run": dry_run, "stages": [stage.to_json() for stage in stages]},
        "\n".join([*head, *map(_stage_line, stages)]),
    )
    sys.exit(
        next((stage.conclusion.exit_code for stage in stages if stage.conclusion and not stage.went_well), 0)
    )


@app.command()
def halt(by: By, reason: Reason, phase: PhaseName = "p2", dsn: Dsn = None) -> None:
    """Cut nobody over from now on; who was cut over stays so."""
    found, site = _phase(phase), _site(dsn)
    with site.connect("rollout", autocommit=True) as connection:
        halt_rollout(connection, found.name, actor=by, reason=reason, at=site.now())
    print(f"The rollout of {found.name} is halted.")


@app.command()
def resume(by: By, reason: Reason, phase: PhaseName = "p2", dsn: Dsn = None) -> None:
    """Let a halted rollout go on."""
    found, site = _phase(phase), _site(dsn)
    with site.connect("rollout", autocommit=True) as connection:
        let_go_on(connection, found.name, actor=by, reason=reason, at=site.now())
    print(f"The rollout of {found.name} may go on.")


@app.command()
def back(
    by: By,
    reason: Reason,
    phase: PhaseName = "p2",
    organization: Organization = None,
    parked: Annotated[
        str,
        typer.Option(metavar="CHOICE", help="Live executions here: finish (without new starts) or cancel."),
    ] = "finish",
    execute: Annotated[bool, typer.Option("--execute", help="Really do it; without it only counts.")] = False,
    dsn: Dsn = None,
    as_json: AsJson = False,
) -> None:
    """Halt, and give workflows back to the old application: of these organizations, or of everybody."""
    found, site = _phase(phase), _site(dsn)
    asked = RollbackRequest.read(
        {
            "phase": found.name, "organizations": organization, "parked": parked, "dry_run": not execute,
            "reason": reason,
        }
    )  # fmt: skip
    if execute:
        with site.connect("rollout", autocommit=True) as connection:
            halt_rollout(connection, found.name, actor=by, reason=reason, at=site.now())
    done, folder = roll_back_and_report(found, asked, site, actor=by)
    head = "Given back:" if execute else "Would give back (nothing done; add --execute):"
    lines = [f"  {name.replace('_', ' '):<32}{number:>10}" for name, number in done.given_back.items()]
    document = done.to_json() | {"report": str(folder)}
    _say(as_json, document, "\n".join([head, *lines, *done.kept, f"Report: {folder / HTML_NAME}"]))


def _phase(name: str) -> Phase:
    phase = phase_named(name)
    require_cutover(phase)
    return phase


def _site(dsn: str | None) -> Site:
    site = crm_site(dsn)
    if current(site.dsn) is None:
        raise PhaseRefused("This database has no schema atlas.", remedy="Start with `atlas migrate run p1`.")
    return site


def _as_json(rollout: Rollout, owners: list[Owners]) -> dict[str, Any]:
    cohort, halted = rollout.cohort, rollout.halt
    return {
        "phase": rollout.phase, "percent": float(cohort.percentage), "allow": sorted(map(str, cohort.allow)),
        "deny": sorted(map(str, cohort.deny)),
        "halt": None if halted is None else {"at": halted.at.isoformat(), "by": halted.by, "reason": halted.reason},
        "owners": [
            {
                "organization": item.organization, "owner": item.owner, "workflows": item.workflows, "live": item.live,
                "draining": item.draining,
            }
            for item in owners
        ],
    }  # fmt: skip


def _lines(rollout: Rollout, owners: list[Owners]) -> list[str]:
    cohort, totals = rollout.cohort, Counter[str]()
    for item in owners:
        totals[item.owner] += item.workflows
    lines = [
        f"{rollout.phase}: {cohort.percentage} %, {len(cohort.allow)} allowed, {len(cohort.deny)} denied"
    ]
    if rollout.halt is not None:
        lines.append(
            f"halted by {rollout.halt.by} at {rollout.halt.at:%Y-%m-%d %H:%M %Z}: {rollout.halt.reason}"
        )
    lines += [f"  {owner:<16}{number:>8} workflows" for owner, number in sorted(totals.items())]
    lines += [f"  {item.organization}  {item.draining} draining" for item in owners if item.draining]
    return lines


def _limit_lines(limits: dict[str, Any] | None) -> list[str]:
    if limits is None:
        return []
    told = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in limits.items())
    return [f"limits of the last stage: {told}"]


def _stage_line(stage: Stage) -> str:
    told = stage.to_json()
    held = f", {len(stage.held_back)} held back by a flag" if stage.held_back else ""
    line = f"{stage.share}: {len(stage.organizations)} organizations, {told['status']}{held}"
    return line if stage.went_well else f"{line}. {told['problem']} What next: {told['remedy']}"


def _say(as_json: bool, document: Any, text: str) -> None:
    print(dumps_text(document) if as_json else text)
