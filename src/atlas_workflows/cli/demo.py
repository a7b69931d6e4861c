"""`atlas demo`: the whole way on sample data, from an empty machine to a migrated and proved CRM."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console

from atlas_workflows.cli.demo_airflow import Finished, run_phase_dag
from atlas_workflows.cli.demo_cutover import Cohort, choose_cohort
from atlas_workflows.cli.demo_cutover_view import (
    read_owners_of,
    show_cohort,
    show_live,
    show_phase_two,
    show_why,
)
from atlas_workflows.cli.demo_live import Street
from atlas_workflows.cli.demo_recurring import Appointment, publish_recurring, watch
from atlas_workflows.cli.demo_recurring_view import show_appointment, show_fired
from atlas_workflows.cli.demo_view import show_summary
from atlas_workflows.cli.demo_webhook import Rung, ring
from atlas_workflows.cli.demo_webhook_view import show_rung
from atlas_workflows.cli.interruption import Interrupted
from atlas_workflows.cli.stack_view import logins
from atlas_workflows.cli.webhook_sample import post
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import StackError
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.newcomers import gyms_of
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.spec import SampleSpec, make_spec
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import Site
from atlas_workflows.supervision.airflow_client import AirflowClient
from atlas_workflows.supervision.paths import EMBEDDED_PREFIX, StackPaths
from atlas_workflows.supervision.stack import stack_state, start_stack, stop_stack
from atlas_workflows.supervision.state import STOPPING, StackState

app = typer.Typer()
ROLLBACK_DAG = "migration_rollback"
NOBODY = "No gym of this sample may go first: none has a workflow that is known to write to new leads, or all are held up."
SERVING_LOOK_SECONDS = 1.0
SILENT = "The engine sent nothing to the people who came."


@dataclass(frozen=True, slots=True)
class Demo:
    """The stack, the sample on it, and where progress goes."""

    settings: Settings
    state: StackState
    spec: SampleSpec
    site: Site
    console: Console

    def client(self) -> AirflowClient:
        return AirflowClient(self.state.url or "", "admin", logins(self.settings)["admin"])


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop everything at the end instead of serving on.")
    ] = False,
    shape: Annotated[str, typer.Option(help="Table shape of the sample CRM.")] = "A",
    size: Annotated[str, typer.Option(help="S, M or L.")] = "S",
) -> None:
    """Start the stack, make a messy sample CRM, migrate it through Airflow, cut a first cohort over, let people come, let a shop call a webhook, wait for what recurs, show it all.

    A stack that ran before stays running.

    Exit status: 0 everything migrated, 3 some rows quarantined, 4 validation, reconciliation or a gate failed, 1 anything else.
    """
    settings = load_settings()
    console = Console(stderr=True)
    spec = make_spec(shape, size, messy=True, seed=1)
    found, stopped = runs_already(settings, f"{EMBEDDED_PREFIX}{database_of(spec, size)}"), False
    try:
        state = _ready_stack(settings, spec, console)
        with told_when_stopped(settings, state):
            finished = _both_phases(Demo(settings, state, spec, _site(settings, spec, size), console))
        if not leave and not found:
            serve(settings, state, console)
            stopped = True
    except KeyboardInterrupt:
        raise Interrupted("`./atlas demo` goes on with what is there.") from None
    finally:
        if not stopped:
            leave_as_found(settings, found, console)
    raise typer.Exit(finished.exit_code)


@contextmanager
def told_when_stopped(settings: Settings, state: StackState) -> Iterator[None]:
    """What fails in the block because somebody stopped the stack meanwhile is told as that."""
    try:
        yield
    except Exception as error:
        if serves_on(settings, state):
            raise
        raise StackError(
            "The stack was stopped elsewhere, so the demo ends.",
            remedy="`./atlas demo` goes on with what is there.",
        ) from error


def serves_on(settings: Settings, state: StackState) -> bool:
    """Whether the stack that the demo works on is there and not about to stop."""
    now = stack_state(StackPaths.of(settings))
    return now is not None and now.stage != STOPPING and now.supervisor_pid == state.supervisor_pid


def database_of(spec: SampleSpec, size: str) -> str:
    """Each kind of sample has a database of its own, so that a second demo finds its own data."""
    return f"crm_{spec.shape.value}_{size}".lower()


def runs_already(settings: Settings, wanted: str) -> bool:
    """Whether the stack runs on the demo's database. Raises StackError where it runs on another one, or on none."""
    paths = StackPaths.of(settings)
    if stack_state(paths) is None:
        return False
    if paths.crm_dsn.is_file() and paths.crm_dsn.read_text() == wanted:
        return True
    raise StackError(
        f"The stack is running on another database than the demo's ({wanted}).",
        remedy="Stop it first: ./atlas down.",
    )


def leave_as_found(settings: Settings, found: bool, console: Console) -> None:
    """Stop the stack, unless it ran before the demo: then it is not the demo's to stop."""
    if found:
        console.print("The stack ran before and runs on; `./atlas down` stops it.")
        return
    with console.status("stopping the stack"):
        stop_stack(settings)


def _ready_stack(settings: Settings, spec: SampleSpec, console: Console) -> StackState:
    database = database_of(spec, _size_name(spec))
    wanted = f"{EMBEDDED_PREFIX}{database}"
    began = time.monotonic()
    with console.status("starting the stack") as status:
        state = start_stack(settings, wanted, lambda text: status.update(text))
    console.print(f"Stack ready after {time.monotonic() - began:.1f} s: {state.url}", highlight=False)
    _ensure_sample(settings, spec, database, console)
    return state


def _ensure_sample(settings: Settings, spec: SampleSpec, database: str, console: Console) -> None:
    server = EmbeddedServer(StackPaths.of(settings).postgres).start()
    if server.has_database(database):
        console.print(f"Sample CRM {database} is there already.", highlight=False)
        return
    with console.status("making a messy sample CRM"):
        # Under another name until it is whole: a killed demo must not leave half a sample behind.
        making = f"{database}_new"
        server.drop_database(making)
        report = create_sample(server.create_database(making), spec)
        server.rename_database(making, database)
    rows = sum(report.rows.values())
    console.print(f"Sample CRM {database}: {rows:,} rows in {report.seconds:.1f} s.", highlight=False)


def _site(settings: Settings, spec: SampleSpec, size: str) -> Site:
    return Site(
        EmbeddedServer(StackPaths.of(settings).postgres).start().dsn(database_of(spec, size)), settings
    )


def _both_phases(demo: Demo) -> Finished:
    """Phase 1, and where it went well phase 2 for a first cohort with people who come."""
    first = _migrate(demo)
    if not first.went_well:
        return first
    second = cut_over_and_watch(demo)
    return first if second.went_well else second


def _migrate(demo: Demo) -> Finished:
    phase, client = phase_named("p1"), demo.client()
    with demo.console.status("waiting for Airflow to read the DAGs"):
        client.wait_for_dag(ROLLBACK_DAG)
        client.unpause(ROLLBACK_DAG)
    finished = run_phase_dag(client, phase, {"dry_run": False}, demo.console)
    show_summary(demo.settings, demo.state, phase, finished.phase_run_id, finished.problem, Console())
    return finished


def cut_over_and_watch(demo: Demo) -> Finished:
    """Phase 2 for the first gyms, then people who come; a problem where the engine sends them nothing."""
    names = {gym.id: gym.name for gym in gyms_of(demo.spec).values()}
    with demo.console.status("signing, and comparing old and new"):
        cohort = choose_cohort(demo.site)
    show_cohort(cohort, names, Console())
    if not cohort.organizations:
        demo.console.print(NOBODY)
        return Finished(None, 0, NOBODY)
    phase = phase_named("p2")
    finished = run_phase_dag(demo.client(), phase, cohort.conf, demo.console)
    show_phase_two(demo.settings, demo.state, phase, finished, names, read_owners_of(demo.site), Console())
    return _let_live(demo, cohort, finished) if finished.went_well else finished


def _let_live(demo: Demo, cohort: Cohort, finished: Finished) -> Finished:
    if demo.state.mail_port is None or demo.state.workers_off:
        demo.console.print(f"Nobody comes: {demo.state.workers_off or 'the stack has no mail sink'}.")
        return finished
    street = Street(demo.site, demo.spec, demo.state.mail_port, StackPaths.of(demo.settings).mail)
    # Published before people come, so that Airflow reads it in the meantime.
    made = publish_recurring(demo.site, street.gyms[cohort.organizations[0]])
    with demo.console.status("people come"):
        happened = street.let_live(cohort.organizations)
    show_live(happened, demo.settings, Console())
    if not happened.by_engine():
        demo.console.print(SILENT)
        return Finished(finished.phase_run_id, 1, SILENT)
    show_why(demo.site, happened.by_engine()[0], Console())
    rung = _ring(demo, street.gyms[cohort.organizations[0]])
    if rung is not None and rung.problem:
        return Finished(finished.phase_run_id, 1, rung.problem)
    return _keep_appointment(demo, made, finished)


def _ring(demo: Demo, gym: Organization) -> Rung | None:
    """Call a webhook at the address that the API has now: of a taken port it moves to another one."""
    state = stack_state(StackPaths.of(demo.settings)) or demo.state
    if state.api_url is None:
        demo.console.print("Nobody calls: the stack serves no API.")
        return None
    with demo.console.status("a shop calls"):
        rung = ring(demo.site, gym, state.api_url, post)
    show_rung(rung, Console())
    return rung


def _keep_appointment(demo: Demo, made: Appointment, finished: Finished) -> Finished:
    """Stay until Airflow's scheduler has carried out what was published; a problem where it did not."""
    show_appointment(made, Console())
    with demo.console.status(f"waiting for {made.local:%H:%M:%S}, when it is due"):
        fired = watch(demo.site, demo.client(), made, StackPaths.of(demo.settings).mail)
    show_fired(fired, demo.state, Console())
    return Finished(finished.phase_run_id, 1, fired.problem) if fired.problem else finished


def _size_name(spec: SampleSpec) -> str:
    from atlas_workflows.sample.spec import SIZES

    return next((name for name, size in SIZES.items() if size == spec.size), "own")


def serve(settings: Settings, state: StackState, console: Console) -> None:
    """Stay as long as the stack that the demo started runs; `atlas down` elsewhere ends the demo too."""
    console.print("Serving until Ctrl-C.")
    while serves_on(settings, state):
        time.sleep(SERVING_LOOK_SECONDS)
    console.print("The stack was stopped elsewhere, so the demo ends.")
