"""Start and stop the local stack from outside: launch the supervisor, wait for it, sweep after it."""

import os
import subprocess
import time
from collections.abc import Callable

import psutil

from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import StackError
from atlas_workflows.file_locks import hold, is_held
from atlas_workflows.file_modes import MASK, open_log
from atlas_workflows.interpreter import SAFE_PATH, python
from atlas_workflows.settings import Settings
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import created_at, end
from atlas_workflows.supervision.secret_files import ensure_secrets, write_private
from atlas_workflows.supervision.state import FAILED, READY, StackState, read_state

START_SECONDS = 240.0
STOP_SECONDS = 45.0
Tell = Callable[[str], None]


def stack_state(paths: StackPaths) -> StackState | None:
    """The state of the running stack; None where no supervisor lives."""
    return read_state(paths.state) if is_held(paths.run / "supervisor.lock") else None


def start_stack(settings: Settings, crm_dsn: str | None, tell: Tell) -> StackState:
    """Bring the stack up (or reuse the running one) and wait until it is ready.

    `crm_dsn` None keeps what a running stack has. Raises StackError when it does not come up.
    """
    paths = StackPaths.of(settings)
    paths.make()
    ensure_secrets(paths.secrets)
    with hold(paths.run / "stack.lock"):
        if _running_on_another(paths, crm_dsn):
            tell("restarting on the database given")
            _stop(paths)
        if stack_state(paths) is None:
            _sweep(paths)
            _note_crm(paths, crm_dsn)
            _launch(paths)
        return _wait_until_ready(paths, tell)


def stop_stack(settings: Settings) -> bool:
    """Stop everything; True if something ran. Also cleans up after a supervisor that was killed."""
    paths = StackPaths.of(settings)
    if not paths.run.is_dir():
        return False
    with hold(paths.run / "stack.lock"):
        return _stop(paths)


def embedded_server(settings: Settings) -> EmbeddedServer:
    """The stack's own PostgreSQL, taken over or started."""
    return EmbeddedServer(StackPaths.of(settings).postgres).start()


def _running_on_another(paths: StackPaths, crm_dsn: str | None) -> bool:
    if crm_dsn is None or stack_state(paths) is None:
        return False
    return not paths.crm_dsn.is_file() or paths.crm_dsn.read_text() != crm_dsn


def _note_crm(paths: StackPaths, crm_dsn: str | None) -> None:
    if crm_dsn is None:
        paths.crm_dsn.unlink(missing_ok=True)
    else:
        write_private(paths.crm_dsn, crm_dsn)


def _launch(paths: StackPaths) -> None:
    env = os.environ | SAFE_PATH | {"ATLAS_HOME": str(paths.home), "ATLAS_ROOT": str(paths.root)}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    with open_log(paths.log_of("supervisor")) as log:
        subprocess.Popen(
            python("-m", "atlas_workflows.supervision.daemon"),
            env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=paths.home,
            umask=MASK,
        )  # fmt: skip


def _wait_until_ready(paths: StackPaths, tell: Tell) -> StackState:
    deadline = time.monotonic() + START_SECONDS
    told = ""
    seen_alive = False
    while time.monotonic() < deadline:
        alive = is_held(paths.run / "supervisor.lock")
        seen_alive = seen_alive or alive
        state = read_state(paths.state)
        if state and state.stage == READY and alive:
            return state
        if state and state.stage == FAILED:
            _wait_for_the_end(paths)
            raise StackError(state.problem or "The stack did not start.", remedy=f"Logs are in {paths.logs}.")
        if seen_alive and not alive:
            break
        if state and state.doing != told:
            told = state.doing
            tell(told)
        time.sleep(0.2)
    raise StackError(
        f"The stack did not become ready ({told or 'the supervisor ended'}).",
        remedy=f"Read {paths.log_of('supervisor')} and the other logs there; then `./atlas down` and `./atlas up`.",
    )


def _wait_for_the_end(paths: StackPaths) -> None:
    """A supervisor that failed still stops what it had started; until then the next `up` would find this one."""
    deadline = time.monotonic() + STOP_SECONDS
    while is_held(paths.run / "supervisor.lock") and time.monotonic() < deadline:
        time.sleep(0.05)


def _stop(paths: StackPaths) -> bool:
    state = read_state(paths.state)
    ran = is_held(paths.run / "supervisor.lock")
    if ran and state is not None:
        _end_supervisor(state.supervisor_pid)
    swept = _sweep(paths)
    return ran or swept


def _end_supervisor(pid: int) -> None:
    try:
        supervisor = psutil.Process(pid)
        supervisor.terminate()
        supervisor.wait(STOP_SECONDS)
    except psutil.TimeoutExpired:
        end(pid, created_at(pid) or 0.0, grace=0.0)
    except psutil.Error:
        return


def _sweep(paths: StackPaths) -> bool:
    """End what a killed supervisor left behind: processes it had noted, and the PostgreSQL on our data directory."""
    state = read_state(paths.state)
    for process in state.processes if state else ():
        if process.pid is not None and process.created is not None:
            end(process.pid, process.created, grace=3.0)
    if paths.postgres.is_dir():
        EmbeddedServer(paths.postgres).stop()
    paths.state.unlink(missing_ok=True)
    return state is not None
