"""The old application's stand-in at work in a gym that was cut over, while something else goes on: people come all the time."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from urllib.parse import unquote

import psycopg

from atlas_workflows.cli.demo_cutover import Candidate
from atlas_workflows.cli.demo_live import wait_until_quiet
from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import rows
from atlas_workflows.db.sql_files import sql
from atlas_workflows.sample.newcomers import gyms_of, people_come
from atlas_workflows.sample.old_door import OldDoor
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.spec import SampleSpec
from atlas_workflows.supervision.mail_sink import read_mail

EVERY_SECONDS = 0.4
SENT = "SELECT subject, workflow_id::text FROM atlas.effects WHERE effect_key = ANY(%s)"
ASKED_FOR = "SELECT DISTINCT subject, workflow_id::text FROM atlas.effects WHERE kind = 'send_email' AND subject = ANY(%s)"


@dataclass(slots=True)
class Street:
    """People on their way into one gym. A lead and the old application's look at its workflows are one transaction."""

    dsn: str
    spec: SampleSpec
    gym: Organization
    mail: Path
    stopping: Event = field(default_factory=Event)
    leads: list[str] = field(default_factory=list)
    sent_there: list[tuple[str, str]] = field(default_factory=list)
    problem: BaseException | None = None

    def came(self) -> int:
        return len(self.leads)

    def wait_for(self, more: int) -> None:
        """Until so many more have come."""
        wanted, deadline = self.came() + more, time.monotonic() + 60
        while self.came() < wanted:
            assert self.problem is None, self.problem
            assert time.monotonic() < deadline, "nobody comes"
            time.sleep(EVERY_SECONDS)

    def by_old_application(self) -> set[tuple[str, str]]:
        """Lead and workflow of each mail that the old application sent."""
        return set(self.sent_there)

    def by_engine(self) -> set[tuple[str, str]]:
        """Lead and workflow of each mail of the engine's in the sink."""
        keys = [unquote(mail.message_id.rpartition("@")[0]) for mail in read_mail(self.mail)]
        with psycopg.connect(self.dsn) as connection:
            found = connection.execute(SENT, [keys]).fetchall()
        return {(lead, workflow) for lead, workflow in found if lead in self.leads}

    def asked_for_here(self) -> set[tuple[str, str]]:
        """Lead and workflow of each mail in the engine's ledger, sent or held."""
        with psycopg.connect(self.dsn) as connection:
            return set(connection.execute(ASKED_FOR, [self.leads]).fetchall())

    def run(self) -> None:
        try:
            with connect(self.dsn, application_name="old gym application", autocommit=True) as connection:
                door = OldDoor(
                    connection, lambda workflow, lead, _node: self.sent_there.append((lead, workflow))
                )
                while not self.stopping.wait(EVERY_SECONDS):
                    with connection.transaction():
                        (lead,) = people_come(connection, self.spec, [self.gym], datetime.now(UTC))
                        door.lead_came(self.gym.id, lead.id)
                    door.finish_all()
                    self.leads.append(lead.id)
        except BaseException as error:
            self.problem = error
            raise


@contextmanager
def at_work(dsn: str, spec: SampleSpec, mail: Path) -> Iterator[Street]:
    """In the first gym that the engine has; at the end the engine has done what there was to do."""
    with connect(dsn, application_name="test", autocommit=True) as connection:
        (first,) = rows(connection, Candidate, sql("sample/first_gyms"), {"limit": 1})
        assert first.is_ours
        street = Street(dsn, spec, gyms_of(spec)[first.id], mail)
        thread = Thread(target=street.run, name="old application", daemon=True)
        thread.start()
        try:
            yield street
        finally:
            street.stopping.set()
            thread.join(30)
        wait_until_quiet(connection)
        assert street.problem is None, street.problem
