"""A messy legacy database of shape B, migrated and certified once, and fresh copies of it to spoil."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
from cryptography.fernet import Fernet

from atlas_workflows.db.connect import connect
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.migration.phases import phase_named
from atlas_workflows.migration.reconciliation.findings import Reconciliation
from atlas_workflows.migration.reconciliation.reconcile import Report, reconcile
from atlas_workflows.migration.request import RunOptions
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.sample.create import create_sample
from atlas_workflows.sample.spec import SampleSpec, Shape, Size
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.settings import Settings, load_settings
from atlas_workflows.site import Site


@dataclass(frozen=True)
class Migrated:
    server: EmbeddedServer
    template: str
    settings: Settings

    def reconciled(
        self,
        dsn: str,
        *,
        set_wise: bool = True,
        sessions: int = 1,
        covered: frozenset[str] | None = None,
        report: Report = lambda *_: None,
    ) -> Reconciliation:
        with ExitStack() as stack:
            connection, *beside = (
                stack.enter_context(connect(dsn, application_name="test", autocommit=True))
                for _ in range(sessions)
            )
            return reconcile(
                connection, Sealer(self.settings.secret_keys), beside=beside, covered=covered, report=report, set_wise=set_wise
            )  # fmt: skip


@pytest.fixture(scope="session")
def migrated(pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Migrated]:
    """A messy shape B, migrated; kept as a template."""
    settings = replace(
        load_settings({}), home=tmp_path_factory.mktemp("home"), secret_keys=(Fernet.generate_key().decode(),)
    )
    name = f"planted_{os.getpid()}"
    dsn = pg_server.create_database(name)
    create_sample(
        dsn,
        SampleSpec(
            Shape.B, Size(organizations=8, workflows=200, executions=2_400, people=10), messy=True, seed=7
        ),
    )
    options = RunOptions(backup=False, rehearse=False, throttle=False)
    result = run_phase(phase_named("p1"), site=Site(dsn, settings), options=options)
    assert result.status == "succeeded", result.problem
    yield Migrated(pg_server, name, settings)
    pg_server.drop_database(name)


@pytest.fixture
def copy(migrated: Migrated) -> Iterator[str]:
    name = f"{migrated.template}_copy"
    yield migrated.server.create_database(name, template=migrated.template)
    migrated.server.drop_database(name)
