"""`atlas demo`: the whole way on sample data, from an empty machine to a migrated and proved CRM."""

import time
from dataclasses import dataclass
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from atlas_workflows.cli.demo_view import progress_table, show_summary
from atlas_workflows.cli.stack_view import logins
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import StackError
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, make_spec
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.supervision.airflow_client import FINAL_STATES, AirflowClient
from atlas_workflows.supervision.paths import EMBEDDED_PREFIX, StackPaths
from atlas_workflows.supervision.stack import stack_state, start_stack, stop_stack
from atlas_workflows.supervision.state import StackState

app = typer.Typer()
POLL_SECONDS = 1.0
ROLLBACK_DAG = "migration_rollback"


@dataclass(frozen=True, slots=True)
class Finished:
    """How the DAG run ended; `exit_code` as of `atlas migrate run`."""

    phase_run_id: str | None
    exit_code: int
    problem: str | None = None


@app.command()
def demo(
    leave: Annotated[
        bool, typer.Option("--exit", help="Stop everything at the end instead of serving on.")
    ] = False,
    shape: Annotated[str, typer.Option(help="Table shape of the sample CRM.")] = "A",
    size: Annotated[str, typer.Option(help="S, M or L.")] = "S",
) -> None:
    """Start the stack, make a messy sample CRM, migrate it through Airflow, show the outcome.

    A stack that ran before stays running.

    Exit status: 0 everything migrated, 3 some rows quarantined, 4 validation or reconciliation failed, 1 anything else.
    """
    settings = load_settings()
    console = Console(stderr=True)
    spec = make_spec(shape, size, messy=True, seed=1)
    phase = phase_named("p1")
    found = runs_already(settings, f"{EMBEDDED_PREFIX}{database_of(spec, size)}")
    try:
        state = _ready_stack(settings, spec, console)
        finished = _migrate(settings, state, phase, console)
        show_summary(settings, state, phase, finished.phase_run_id, finished.problem, Console())
        if not leave and not found:
            _serve(console)
    except KeyboardInterrupt:
        console.print("Interrupted.")
        raise typer.Exit(130) from None
    finally:
        leave_as_found(settings, found, console)
    raise typer.Exit(finished.exit_code)


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


def _migrate(settings: Settings, state: StackState, phase: Phase, console: Console) -> Finished:
    client = AirflowClient(state.url or "", "admin", logins(settings)["admin"])
    with console.status("waiting for Airflow to read the DAGs"):
        for dag_id in (phase.dag_id, ROLLBACK_DAG):
            client.wait_for_dag(dag_id)
            client.unpause(dag_id)
    dag_run = client.trigger(phase.dag_id, {"dry_run": False})
    console.print(f"Triggered {phase.dag_id}, run {dag_run}.", highlight=False)
    _watch(client, phase, dag_run, console)
    return _finished(client, phase, dag_run)


def _watch(client: AirflowClient, phase: Phase, dag_run: str, console: Console) -> None:
    with Live(console=console, refresh_per_second=2, transient=False) as live:
        while True:
            state = client.run_state(phase.dag_id, dag_run)
            live.update(progress_table(client, phase, dag_run))
            if state in FINAL_STATES:
                return
            time.sleep(POLL_SECONDS)


def _finished(client: AirflowClient, phase: Phase, dag_run: str) -> Finished:
    phase_run = client.xcom(phase.dag_id, dag_run, "begin", "phase_run_id")
    closing = client.xcom(phase.dag_id, dag_run, "close")
    failed = [task.task_id for task in client.tasks(phase.dag_id, dag_run) if task.state == "failed"]
    said = closing if isinstance(closing, dict) else {}
    if failed or client.run_state(phase.dag_id, dag_run) != "success":
        problem = (
            said.get("problem") or f"Task {', '.join(failed) or '?'} failed; its log in Airflow says why."
        )
        return Finished(phase_run, int(said.get("exit_code") or 1) or 1, problem)
    return Finished(phase_run, int(said.get("exit_code", 1)))


def _size_name(spec: SampleSpec) -> str:
    from atlas_workflows.sample.spec import SIZES

    return next((name for name, size in SIZES.items() if size == spec.size), "own")


def _serve(console: Console) -> None:
    console.print("Serving until Ctrl-C.")
    while True:
        time.sleep(3600)
