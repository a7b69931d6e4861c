"""A recurring workflow in the demo: published for the first gym of the cohort, and executed when it is due by Airflow's scheduler."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from atlas_workflows import exact_json
from atlas_workflows.cli.demo_cutover import SIGNER
from atlas_workflows.cli.demo_live import key_of
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.graph.model import FORMAT
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.recurring.entry import Entry
from atlas_workflows.recurring.occasion import due_occasion
from atlas_workflows.recurring.survey import find_entries
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.schedule.zones import load_zone
from atlas_workflows.site import Site
from atlas_workflows.store.history import Execution, Story, Wanted, find_executions, story_of
from atlas_workflows.store.publication import publish, resume
from atlas_workflows.store.steering import By
from atlas_workflows.supervision.airflow_client import FINAL_STATES, AirflowClient
from atlas_workflows.supervision.mail_sink import Mail, read_mail

NAME = "Word to the owner"
# The bundle is read anew every 20 seconds, and reading takes some: the DAG stands in Airflow before the instant comes.
LEAD, EVEN_SECONDS = timedelta(seconds=35), 10
PATIENCE = timedelta(seconds=90)  # behind the due instant
LOOK_SECONDS = 0.5
BY = By(SIGNER, "a demo: something that recurs")


@dataclass(frozen=True, slots=True)
class Appointment:
    """What was published, and when it is due first: in UTC, for an hour that a zone has twice equals no other one in Python."""

    entry: Entry
    due: datetime
    published_at: datetime

    @property
    def local(self) -> datetime:
        """The same instant on the clock of its gym."""
        return self.due.astimezone(load_zone(self.entry.schedule["timezone"]))


@dataclass(frozen=True, slots=True)
class Fired:
    """What came of it: Airflow's DAG run, the engine's execution, and the mails that it sent. None is what never came."""

    appointment: Appointment
    dag_run: Mapping[str, Any] | None
    story: Story | None = None
    mails: tuple[Mail, ...] = ()

    @property
    def problem(self) -> str | None:
        """What is wrong, in words."""
        due = f"{self.appointment.local:%H:%M:%S %z}"
        if self.dag_run is None:
            return f"Airflow's scheduler made no DAG run for {due}; `./atlas logs scheduler` may say why."
        if self.story is None:
            return f"The DAG run of {due} is {self.dag_run['state']}, and no execution began; its log in Airflow says why."
        found = self.story.execution
        return None if found.outcome == "completed" else f"The execution is {found.outcome}: {found.reason}."


def first_due(now: datetime) -> datetime:
    """The first even instant that leaves Airflow time to read the DAG."""
    earliest = now.astimezone(UTC) + LEAD
    passed = timedelta(seconds=earliest.second % EVEN_SECONDS, microseconds=earliest.microsecond)
    return earliest - passed + timedelta(seconds=EVEN_SECONDS)


def definition(due: datetime, zone: str) -> dict[str, Any]:
    """A workflow that tells the owner every day at the time of day that `due` has on the clock of a zone.

    It counts from a week before, so that there is something to backfill.
    """
    anchor = due.astimezone(load_zone(zone)).replace(tzinfo=None) - timedelta(days=7)
    every = {"amount": 1, "unit": "days", "anchor": anchor.isoformat()}
    daily = {"every": every, "timezone": zone, "fold": "both"}
    message = "This is the occurrence of {{ trigger.occurred_at }}: nobody pressed a button."
    told = {"channel": "email", "title": NAME, "message": message}
    return {
        "format": FORMAT, "id": "word", "name": NAME,
        "triggers": [{"id": "daily", "type": "schedule", "parameters": {"schedule": daily}}],
        "nodes": [{"id": "tell", "type": "notify_team", "parameters": told}],
        "edges": [{"id": "e1", "source": "daily", "target": "tell"}],
    }  # fmt: skip


def publish_recurring(site: Site, gym: Organization) -> Appointment:
    """Publish it for a gym, anew where an earlier demo did, and let it begin."""
    workflow = str(uuid5(NAMESPACE_URL, f"atlas-demo:{gym.id}"))
    due = first_due(site.now())
    given = {
        "workflow": workflow, "organization": gym.id, "name": NAME,
        "definition": exact_json.dumps_text(definition(due, gym.timezone)),
    }  # fmt: skip
    with site.connect("demo", autocommit=True) as connection:
        act_as_migration(connection)
        revision = int(scalar(connection, sql("sample/put_draft"), given))
        published = publish(connection, gym.id, workflow, revision, load_catalogue(), BY)
        if published.status == "paused":  # a rollback lets rest what was made here
            resume(connection, gym.id, workflow, BY)
        (entry,) = find_entries(connection, site.now(), workflow)
    return Appointment(entry, due, site.now())


def watch(site: Site, client: AirflowClient, made: Appointment, mail: Path) -> Fired:
    """Wait until the scheduler has carried it out, or long enough."""
    client.wait_for_dag(made.entry.dag_id)
    client.unpause(made.entry.dag_id)  # somebody may have held it since the last demo
    until = made.due + PATIENCE
    dag_run = _dag_run(client, made, until)
    if dag_run is None:
        return Fired(made, None)
    with site.connect("demo", autocommit=True) as connection:
        act_as_migration(connection)
        while (found := _execution(connection, made)) is None or found.is_live:
            if datetime.now(UTC) > until:
                break
            time.sleep(LOOK_SECONDS)
        if found is None:
            return Fired(made, dag_run)
        story = story_of(connection, found)
    keys = {effect.key for effect in story.effects}
    return Fired(made, dag_run, story, tuple(each for each in read_mail(mail) if key_of(each) in keys))


def _dag_run(client: AirflowClient, made: Appointment, until: datetime) -> dict[str, Any] | None:
    """The DAG run that the scheduler made for the due instant, when it is over."""
    while True:
        found = next((run for run in client.runs(made.entry.dag_id) if _is_due(run, made.due)), None)
        late = datetime.now(UTC) > until
        if late or (found is not None and found["state"] in FINAL_STATES):
            return found
        time.sleep(LOOK_SECONDS)


def _is_due(run: Mapping[str, Any], due: datetime) -> bool:
    made_for = run["logical_date"]
    return run["run_type"] == "scheduled" and made_for is not None and datetime.fromisoformat(made_for) == due


def _execution(connection: Connection, made: Appointment) -> Execution | None:
    wanted = Wanted(made.entry.organization, made.entry.workflow, due_occasion(made.due).subject)
    return next(iter(find_executions(connection, wanted)), None)
