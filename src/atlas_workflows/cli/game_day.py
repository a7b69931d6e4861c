"""`atlas game-day`: rehearse a cutover and the way back on a copy of the data, with killed workers and a slow provider."""

import multiprocessing
import os
import sys
from dataclasses import dataclass, field, replace
from datetime import timedelta
from multiprocessing.context import SpawnProcess
from pathlib import Path
from threading import Thread
from typing import Annotated, Any

import typer

from atlas_workflows.cli.progress import progress_display
from atlas_workflows.cli.signed import require_signed
from atlas_workflows.errors import InputError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.file_modes import open_log
from atlas_workflows.interpreter import spawning
from atlas_workflows.migration.game_day.accounts import Report
from atlas_workflows.migration.game_day.day import Machinery, Plan, rehearse_cutover
from atlas_workflows.migration.game_day.diversion import Diverted, divert, means_to
from atlas_workflows.migration.game_day.sinks import Places
from atlas_workflows.migration.request import Scope
from atlas_workflows.secrets.keys import with_secret_key
from atlas_workflows.settings import Settings
from atlas_workflows.site import crm_site
from atlas_workflows.wiring import build_worker, performers_with

app = typer.Typer()

KILLS = 10
# What a killed worker held is taken up again after so long; in earnest it is a minute.
LEASE = timedelta(seconds=5)
WENT_WRONG = 4


@dataclass(frozen=True, slots=True)
class WorkerOrders:
    """What a worker process on the copy is told; `log` gets what it says."""

    dsn: str = field(repr=False)
    places: Places
    settings: Settings
    log: Path


@app.command()
def game_day(
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who rehearses; noted on the copy.")],
    organization: Annotated[
        list[str] | None, typer.Option("--organization", metavar="ID", help="Only these ids; else everybody.")
    ] = None,
    kills: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help=f"How many workers are killed; {KILLS} where left out."),
    ] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.1, max=600, help="Go on killing for so long, instead of counting.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same moments, people and delays again.")] = 0,
    dsn: Annotated[str | None, typer.Option(help="The CRM database; default ATLAS_CRM_DSN.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON only.")] = False,
) -> None:
    """Rehearse a cutover on a copy: live events, workers killed, a provider that is slow and refuses, and the way back.

    The database is read for a backup and for nothing else; every message goes to a sink in this process.

    Exit 0: nothing lost, nothing twice, everything given back; 4: something of that went wrong; 1: it could not take place.
    """
    if kills is not None and minutes is not None:
        raise InputError("--kills and --minutes are both given.", remedy="Give one of the two, or neither.")
    require_signed(by, what="A game day")
    with progress_display(quiet=as_json) as sink:
        site = crm_site(dsn, sink)
        site = replace(site, settings=with_secret_key(site.settings))
        plan = Plan(Scope.chosen(organization, None), kills or KILLS, minutes, seed, by)
        report = rehearse_cutover(site, plan, _machinery(site.settings))
    print(dumps_text(report.to_json()) if as_json else "\n".join(lines_of(report)))
    sys.exit(WENT_WRONG if report.problems else 0)


def _machinery(settings: Settings) -> Machinery:
    log = settings.home / "logs" / "game-day.log"
    open_log(log).close()
    log.write_text("")
    return Machinery(
        lambda dsn, places: _begin(WorkerOrders(dsn, places, settings, log)),
        lambda dsn, places: _known(dsn, places, settings),
    )


def _known(dsn: str, places: Places, settings: Settings) -> Diverted:
    """Which kinds are diverted; nothing is performed in this process."""
    means = means_to(places, dsn, settings)
    try:
        return divert(performers_with(means), means)
    finally:
        if means.crm is not None:
            means.crm.pool.close()


def diverted(dsn: str, places: Places, settings: Settings) -> Diverted:
    """Every kind's performer, with nowhere to go but the sinks and the copy."""
    means = means_to(places, dsn, settings)
    return divert(performers_with(means), means)


def _begin(orders: WorkerOrders) -> SpawnProcess:
    with spawning() as spawn:
        process = spawn.Process(target=work, args=(orders,), daemon=True)
        process.start()
    return process


def work(orders: WorkerOrders) -> None:
    """One worker process on the copy, until it is killed."""
    from atlas_workflows.cli.worker import log_as_json

    sys.stderr = orders.log.open("a", buffering=1)
    log_as_json(orders.settings.log_level)
    _end_with_whoever_began()
    performers = diverted(orders.dsn, orders.places, orders.settings).performers
    worker, listener = build_worker(orders.dsn, performers, lease=LEASE, effect_lease=LEASE)
    listener.start()
    worker.run()


def _end_with_whoever_began() -> None:
    leader = multiprocessing.parent_process()
    assert leader is not None  # it was spawned

    def outlive() -> None:
        leader.join()
        os._exit(1)

    Thread(target=outlive, daemon=True).start()


def lines_of(report: Report) -> list[str]:
    """The report in words."""
    told = report.to_json()
    return [
        "Minutes: " + ", ".join(f"{name} {spent:g}" for name, spent in report.minutes.items()),
        "Owners after the cutover: "
        + "; ".join(f"{owner}: {_counts(causes)}" for owner, causes in report.owners.items()),
        f"Disturbance (seed {report.seed}): {report.kills} workers killed, {report.slow} slow answers, {report.refused} refusals",
        f"Events: {_counts(told['events'])}",
        f"Executions: {_counts(report.executions)}",
        f"Effects: {_counts(told['effects'])}",
        *(f"  failed {times} times: {cause}" for cause, times in report.causes.items()),
        f"Way back: {_counts(report.back.given_back)}",
        *_notes(report),
        *(
            [f"Went wrong: {problem}" for problem in report.problems]
            or ["Nothing lost, nothing twice, everything given back."]
        ),
    ]


def _notes(report: Report) -> list[str]:
    notes = []
    if report.not_diverted:
        notes.append(f"Refused, as their way out cannot be diverted: {', '.join(report.not_diverted)}")
    if report.switched_off:
        notes.append(f"Database triggers switched off on the copy: {', '.join(report.switched_off)}")
    if report.without_leads:
        notes.append(f"No leads on the copy, so actions on them fail: {report.without_leads}")
    if report.ended:
        notes.append(f"{report.ended} workers ended by themselves: see logs/game-day.log under ATLAS_HOME")
    return notes


def _counts(counts: Any) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in counts.items()) or "none"
