"""How the state of the local stack is shown to people."""

import json
from datetime import UTC, datetime

from rich.console import Console
from rich.table import Table

from atlas_workflows.settings import Settings
from atlas_workflows.supervision.crm import address_of_sample
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.standing import Standing
from atlas_workflows.supervision.state import ProcessState, StackState


def show_stack(settings: Settings, state: StackState, standing: Standing, console: Console) -> None:
    """What runs, where it is, and how to log in."""
    paths = StackPaths.of(settings)
    lines = {"Stack": _stage(state, standing), "Airflow": state.url or "-"}
    lines["CRM"] = state.crm or "Airflow Connection atlas_crm"
    address = address_of_sample(paths, state.postgres_port)
    if address:
        lines["Connect"] = address
    if state.api_url:
        lines["API"] = f"{state.api_url}/atlas/api/v2 ({state.api_url}/openapi.json)"
    lines["Workers"] = _workers(state)
    if state.mail_port:
        lines["Mail"] = f"127.0.0.1:{state.mail_port}, nothing leaves this machine: {paths.mail}"
    for name, text in lines.items():
        console.print(f"{name:<7} {text}", highlight=False, markup=False, soft_wrap=True)
    show_logins(settings, console)
    console.print(_table((standing.postgres, *state.processes)))


def _stage(state: StackState, standing: Standing) -> str:
    if standing.is_good:
        return state.stage
    doing = f" ({state.doing})" if state.doing else ""
    return f"not ready: {'; '.join(standing.missing)}{doing}"


def _table(processes: tuple[ProcessState, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("process", "pid", "since (UTC)", "restarts", ""):
        table.add_column(heading)
    for process in processes:
        since = f"{datetime.fromtimestamp(process.created, UTC):%H:%M:%S}" if process.created else "-"
        table.add_row(
            process.name, str(process.pid or "-"), since, str(process.restarts), process.problem or ""
        )
    return table


def _workers(state: StackState) -> str:
    if state.workers_off:
        return state.workers_off
    pages = " ".join(f"http://127.0.0.1:{port}/metrics" for port in state.metrics_ports)
    return f"{len(state.metrics_ports)}, {pages}" if pages else "-"


def show_logins(settings: Settings, console: Console) -> None:
    """Names and generated passwords of the local Airflow, for whoever sits at this machine."""
    for name, password in logins(settings).items():
        console.print(f"Log in  {name} / {password}", highlight=False, markup=False)


def logins(settings: Settings) -> dict[str, str]:
    """Login name to password; empty before the first start."""
    file = StackPaths.of(settings).secrets / "airflow-passwords.json"
    return dict(json.loads(file.read_text())) if file.is_file() else {}
