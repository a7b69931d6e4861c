"""The ground that migration benchmarks stand on: a server with its durability on, a sample, databases cloned from it."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import uuid4

import psutil
from cryptography.fernet import Fernet

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.evidence.gather import gather
from atlas_workflows.migration.movement.backfill import at_work
from atlas_workflows.migration.movement.worker import Worker
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.request import RunOptions, Scope
from atlas_workflows.migration.steps import expand
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import make_spec
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import Site

TEMPLATE = "bench_template"


@dataclass(frozen=True, slots=True)
class Spent:
    """Rows a second by the clock, and CPU microseconds a row of all that took part."""

    rate: float
    cpu: float


@dataclass(frozen=True)
class Ground:
    """A running server with a template database: messy shape B, schema atlas expanded, evidence gathered, nothing loaded."""

    server: EmbeddedServer
    settings: Settings

    @contextmanager
    def database(self) -> Iterator[str]:
        """A fresh copy of the template for the time of the block."""
        name = f"bench_{uuid4().hex[:8]}"
        dsn = self.server.create_database(name, template=TEMPLATE)
        try:
            yield dsn
        finally:
            self.server.drop_database(name)

    def cpu(self) -> float:
        """CPU seconds so far of this process, of the server and of the sessions it has had."""
        mine = psutil.Process().cpu_times()
        postmaster = psutil.Process(int((self.server.data_dir / "postmaster.pid").read_text().split()[0]))
        while True:
            try:
                gone = postmaster.cpu_times()
                times = [child.cpu_times() for child in postmaster.children()]
            except psutil.NoSuchProcess:  # one ended between the two looks: it is in neither, or in both
                continue
            running = sum(each.user + each.system for each in times)
            return running + gone.children_user + gone.children_system + mine.user + mine.system

    def spent(self, work: Callable[[], int]) -> Spent:
        """What it costs to move as many rows as `work` says it moved; CPU tells it also on a busy machine."""
        cpu, began = self.cpu(), time.perf_counter()
        rows = work()
        seconds = time.perf_counter() - began
        return Spent(rows / seconds, (self.cpu() - cpu) / rows * 1e6)

    def context(self, dsn: str) -> PhaseContext:
        options = RunOptions(backup=False, rehearse=False, throttle=False)
        return PhaseContext(uuid4(), phase_named("p1"), Scope(), options, Site(dsn, self.settings))

    @contextmanager
    def worker(self, dsn: str) -> Iterator[Worker]:
        with at_work(self.context(dsn)) as worker:
            yield worker


@contextmanager
def ground(size: str) -> Iterator[Ground]:
    """Set it all up, and take it away again."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-bench-"))
    folder.chmod(0o755)
    settings = replace(load_settings({}), home=folder / "home", secret_keys=(Fernet.generate_key().decode(),))
    server = EmbeddedServer(folder / "data", settings={"shared_buffers": "512MB", "max_wal_size": "4GB"})
    try:
        server.start()
        found = Ground(server, settings)
        dsn = server.create_database(TEMPLATE)
        create_sample(dsn, make_spec("B", size, messy=True, seed=7))
        expand.run(found.context(dsn))
        gather(found.context(dsn))
        with connect(dsn, application_name="bench", autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
        yield found
    finally:
        server.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


def most_held_mb(pid: int) -> int:
    """The most memory a process has held so far; 0 where it is gone, or where there is no /proc.

    `getrusage` would not do: what it says of a process begins with what the one that started it had held.
    """
    try:
        told = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in told.splitlines() if line.startswith("VmHWM")), 0)
