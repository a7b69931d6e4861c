"""The supervisor process of the local stack: PostgreSQL, Airflow and workers up, watched, and down again on SIGTERM."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event

import psutil

from atlas_workflows.db.ports import free_port, port_is_free
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import AtlasError, StackError
from atlas_workflows.file_locks import hold_if_free
from atlas_workflows.settings import API_PORT, load_settings, masked_dsn
from atlas_workflows.supervision.airflow_environment import airflow_environment
from atlas_workflows.supervision.airflow_programs import (
    API_SERVER,
    METADATA_DATABASE,
    airflow_programs,
    prepare_metadata,
)
from atlas_workflows.supervision.crm import is_sample, keep_password_file, resolved_crm_dsn
from atlas_workflows.supervision.health import airflow_health
from atlas_workflows.supervision.mail_sink import mail_program, mail_url
from atlas_workflows.supervision.paths import StackPaths
from atlas_workflows.supervision.processes import Program, listens
from atlas_workflows.supervision.secret_files import ensure_secrets
from atlas_workflows.supervision.state import FAILED, READY, STARTING, STOPPING, StackState, write_state
from atlas_workflows.supervision.watch import Watch
from atlas_workflows.supervision.worker_programs import (
    API,
    WORKER,
    api_program,
    metrics_ports,
    worker_programs,
    workers_off,
)

TICK_SECONDS = 0.5
HEALTH_TICKS = 2
SERVER_PATIENCE_SECONDS = 60.0


class Supervisor:
    """Brings the stack up and keeps it so until `stopping` is set."""

    def __init__(
        self, paths: StackPaths, server: EmbeddedServer, stopping: Event, *, workers: int = 0
    ) -> None:
        self.paths = paths
        self.server = server
        self.stopping = stopping
        self.workers = workers
        self.watch = Watch(())
        self.state = StackState(STARTING, "starting PostgreSQL", os.getpid())

    def run(self) -> None:
        """Up, watch, down. A failure to come up is left in state.json for `atlas up` to show."""
        try:
            self._bring_up()
            self._keep_up()
            self._publish(stage=STOPPING, doing="stopping")
        except AtlasError as error:
            self._publish(stage=FAILED, doing="", problem=str(error))
        except OSError as error:
            self._publish(stage=FAILED, doing="", problem=f"{error}. Check free disk space and rights.")
        finally:
            self.watch.stop()
            self.server.stop()
            if self.state.stage != FAILED:
                self.paths.state.unlink(missing_ok=True)

    def _bring_up(self) -> None:
        self._publish()
        ports = self._remembered_ports()
        self.server.start(preferred_port=ports.get("postgres"))
        keep_password_file(self.paths, self.server)
        port = _choose(ports.get("airflow"))
        crm_dsn = resolved_crm_dsn(self.paths, self.server)
        off = workers_off(self.workers, crm_dsn)
        metrics = () if off else metrics_ports(self.workers, ports)
        mail_port = _choose(ports.get("mail")) if is_sample(self.paths) else None
        api_port = _choose(ports.get("api", API_PORT)) if crm_dsn else None
        self._publish(
            doing="preparing Airflow's database",
            postgres_port=self.server.port,
            airflow_port=port,
            crm=masked_dsn(crm_dsn) if crm_dsn else None,
            workers_off=off,
            metrics_ports=metrics,
            mail_port=mail_port,
            api_port=api_port,
        )
        self._remember_ports()
        env = airflow_environment(
            self.paths,
            ensure_secrets(self.paths.secrets),
            metadata_dsn=self._metadata_dsn(),
            port=port,
            crm_dsn=crm_dsn,
        )
        prepare_metadata(self.server, self.paths, env)
        engine = self._engine_programs(crm_dsn, metrics, mail_port, api_port)
        self.watch = Watch((*airflow_programs(self.paths, env, port), *engine))

    def _engine_programs(
        self, crm_dsn: str | None, metrics: tuple[int, ...], mail_port: int | None, api_port: int | None
    ) -> tuple[Program, ...]:
        if crm_dsn is None or api_port is None:
            return ()
        api = api_program(self.paths, crm_dsn, api_port)
        if mail_port is None:
            return (api, *worker_programs(self.paths, crm_dsn, metrics))
        workers = worker_programs(self.paths, crm_dsn, metrics, smtp_url=mail_url(mail_port))
        return (mail_program(self.paths, mail_port), api, *workers)

    def _keep_up(self) -> None:
        ticks = 0
        while not self.stopping.is_set():
            self._keep_server()
            if self.watch.tick():
                self._publish(metrics_ports=self._metrics_ports(), api_port=self._api_port())
            ticks += 1
            if self.state.stage == STARTING and ticks % HEALTH_TICKS == 0:
                self._look_whether_ready()
            self.stopping.wait(TICK_SECONDS)

    def _metrics_ports(self) -> tuple[int, ...]:
        workers = (item.program for item in self.watch.watched if item.program.name.startswith(WORKER))
        return tuple(program.port for program in workers if program.port is not None)

    def _api_port(self) -> int | None:
        return next((item.program.port for item in self.watch.watched if item.program.name == API), None)

    def _keep_server(self) -> None:
        if _postmaster_lives(self.server):
            return
        port = self.server.port
        self._restart_server(port)
        if self.server.port != port:
            # Airflow's processes hold the old address; coming up anew is the honest way to the new one.
            self.watch.stop()
            self._publish(stage=STARTING, doing="moving Airflow to PostgreSQL's new port")
            self._bring_up()
        self._publish(postgres_port=self.server.port)

    def _restart_server(self, port: int | None) -> None:
        """A killed postmaster's backends and zombie hold its data directory for some seconds: be patient."""
        deadline = time.monotonic() + SERVER_PATIENCE_SECONDS
        while True:
            try:
                self.server.start(preferred_port=port)
                return
            except StackError:
                if self.stopping.wait(1.0) or time.monotonic() > deadline:
                    raise

    def _look_whether_ready(self) -> None:
        api = next(item for item in self.watch.watched if item.program.name == API_SERVER)
        health = airflow_health(self.state.url or "")
        ours = api.process and listens(api.program.port or 0, api.process.pid, api.created)
        if health.answers and not ours:
            raise StackError(
                f"Another program answers on port {api.program.port}.",
                remedy="Start again; a free port is chosen.",
            )
        if health.is_good:
            self._publish(stage=READY, doing="")
        else:
            self._publish(doing="waiting for Airflow's " + ", ".join(health.waiting_for).replace("_", " "))

    def _metadata_dsn(self) -> str:
        return self.server.dsn(METADATA_DATABASE)

    def _remembered_ports(self) -> dict[str, int]:
        try:
            return {name: int(port) for name, port in json.loads(self.paths.ports.read_text()).items()}
        except (OSError, ValueError, AttributeError):
            return {}

    def _remember_ports(self) -> None:
        state = self.state
        ports = {
            "postgres": state.postgres_port,
            "airflow": state.airflow_port,
            "mail": state.mail_port,
            "api": state.api_port,
        }
        ports |= {f"metrics-{place}": port for place, port in enumerate(state.metrics_ports, 1)}
        known = {name: port for name, port in ports.items() if port is not None}
        self.paths.ports.write_text(json.dumps(known))

    def _publish(self, **changes: object) -> None:
        self.state = replace(self.state, **changes, processes=self.watch.states())  # type: ignore[arg-type]
        write_state(self.paths.state, self.state)


def _choose(preferred: int | None) -> int:
    return preferred if preferred and port_is_free(preferred) else free_port()


def _postmaster_lives(server: EmbeddedServer) -> bool:
    try:
        pid = int((server.data_dir / "postmaster.pid").read_text().split()[0])
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except (OSError, ValueError, IndexError, psutil.Error):
        return False


def _on_signal(event: Event) -> Callable[[int, object], None]:
    def stop(_number: int, _frame: object) -> None:
        event.set()

    return stop


def main() -> int:
    """Entry point of the detached process; a second one on the same home ends at once."""
    settings = load_settings()
    paths = StackPaths.of(settings)
    paths.make()
    stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _on_signal(stopping))
    with hold_if_free(paths.run / "supervisor.lock") as free:
        if not free:
            return 1
        sys.stdout.write(
            f"{time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())} supervisor {os.getpid()} starts\n"
        )
        Supervisor(paths, EmbeddedServer(paths.postgres), stopping, workers=settings.workers).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
