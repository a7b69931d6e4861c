"""The old application and the engine side by side through cutover, live leads and the way back: every message arrives once."""

import json
import random
from collections import ChainMap, Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from aiosmtpd.controller import Controller
from cut_over import NO_WATCH, core_phase, go_back, sign_some
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from plain_source import settings_at

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection, connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.tables import read_catalog
from atlas_workflows.errors import PhaseRefused
from atlas_workflows.migration.context import PhaseContext
from atlas_workflows.migration.cutover import drain
from atlas_workflows.migration.cutover.facts import read_candidates
from atlas_workflows.migration.cutover.switch import Switch
from atlas_workflows.migration.cutover.take_over import Author, take_over
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.ramp import ramp
from atlas_workflows.migration.request import RolloutRequest, Scope
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.migration.step import Skips, StepKind, StepResult
from atlas_workflows.migration.undo import NothingToUndo
from atlas_workflows.rollout.ownership import Rules
from atlas_workflows.rollout.rollouts import read_rollout
from atlas_workflows.sample.old_door import OldDoor
from atlas_workflows.site import Site
from atlas_workflows.store.consents import Consent, record_consent
from atlas_workflows.store.intake import PostgresIntake
from atlas_workflows.wiring import work_until_done
from atlas_workflows.worker.model import Start

WORKFLOWS = 3
ADD = """INSERT INTO public.workflows (id, name, status, nodes, edges, trigger_type, trigger_config, organization_id)
VALUES (%s, %s, 'active', %s, %s, 'lead_created', '{"source": "all"}', %s)"""


class Box:
    """A mail server that counts mails by lead and subject; what the old application sends is counted here too."""

    def __init__(self) -> None:
        self.taken: Counter[tuple[str, str]] = Counter()
        self.theirs = 0
        self.is_full = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.is_full:
            return "552 full"
        subject = message_from_bytes(envelope.content)["Subject"]
        self.taken[envelope.rcpt_tos[0].partition("@")[0], subject] += 1
        return "250 taken"

    def sent_there(self, workflow: str, lead: str, _node: str) -> None:
        self.theirs += 1
        self.taken[lead, f"Hello from {workflow}"] += 1


@contextmanager
def mail_box() -> Iterator[tuple[Box, str]]:
    box, port = Box(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


def nodes(workflow: str) -> tuple[str, str]:
    """A trigger for new leads and one mail whose subject names the workflow."""
    drawn = [
        {"id": "t", "type": "trigger", "position": {"x": 0, "y": 0},
         "data": {"label": "New lead", "actionType": "lead_created", "config": {"subtype": "lead_created"}}},
        {"id": "mail", "type": "action", "position": {"x": 0, "y": 100},
         "data": {"label": "Send Email", "actionType": "send_email", "config": {
             "to": "{{email}}", "subject": f"Hello from {workflow}", "body": "Welcome", "mode": "custom"}}},
    ]  # fmt: skip
    return json.dumps(drawn), json.dumps([{"id": "e", "source": "t", "target": "mail"}])


@dataclass(slots=True)
class Gym:
    """One organization, its old application, the engine, and everybody who came."""

    dsn: str
    site: Site
    box: Box
    organization: str
    workflows: list[str]
    connection: Connection
    door: OldDoor
    leads: list[str] = field(default_factory=list)
    waiting: list[tuple[str, datetime]] = field(default_factory=list)

    def lead_comes(self, *, finish: bool = True) -> None:
        """A lead is there for both at the same moment, as a row of the CRM is: each asks who owns what."""
        lead = f"lead{len(self.leads)}"
        self.leads.append(lead)
        self.waiting.append((lead, self._clock()))
        self.door.lead_came(self.organization, lead)
        if finish:
            self.door.finish_all()
        self.offer()

    def offer(self) -> None:
        """Match the leads that wait: what may not be told yet is kept, as the outbox does."""
        kept = []
        for lead, at in self.waiting:
            answers = [self._offer(workflow, lead, at) for workflow in self.workflows]
            if "later" in answers:
                kept.append((lead, at))
        self.waiting = kept

    def settle(self) -> None:
        """Let drains end and the engine do what there is to do."""
        drain.settle_drains(self.connection, read_catalog(self.connection), None, datetime.now(UTC))
        self.offer()
        work_until_done(self.site)

    def once(self) -> Counter[tuple[str, str]]:
        """What should have arrived: every lead's mail of every workflow, once."""
        return Counter(
            {(lead, f"Hello from {workflow}"): 1 for lead in self.leads for workflow in self.workflows}
        )

    def _offer(self, workflow: str, lead: str, at: datetime) -> str:
        with self.connection.transaction():
            row = self.connection.execute("SELECT atlas.accepts_event(%s, %s)", [workflow, at]).fetchone()
            assert row
            if row[0] == "yes":
                contact = {"id": lead, "name": "Ana", "email": f"{lead}@example.com"}
                PostgresIntake(self.connection).start(
                    [
                        Start(
                            self.organization,
                            workflow,
                            lead,
                            f"lead_created/{lead}",
                            "t",
                            {"contact": contact},
                        )
                    ]
                )
            return str(row[0])

    def _clock(self) -> datetime:
        row = self.connection.execute("SELECT clock_timestamp()").fetchone()
        assert row
        at: datetime = row[0]
        return at


@pytest.fixture(scope="module")
def moved(
    pg_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, list[str]]]:
    """An organization with three live workflows, moved and signed: the template's name and the workflows."""
    dsn = clone_sample(pg_server, "A", workflows=40, executions=60)
    [(organization,)] = fetch(dsn, "SELECT id::text FROM organizations ORDER BY id LIMIT 1")
    fetch(dsn, "DELETE FROM public.workflow_executions")
    fetch(dsn, "DELETE FROM public.workflows WHERE organization_id::text = %s", organization)
    made = [str(uuid4()) for _ in range(WORKFLOWS)]
    for workflow in made:
        fetch(dsn, ADD, workflow, "Welcome", *nodes(workflow), organization)
    migrate(dsn, tmp_path_factory.mktemp("p1"))
    sign_some(dsn, all_but=0)
    yield dsn.rpartition("/")[2], made
    pg_server.drop_database(dsn.rpartition("/")[2])


@pytest.fixture
def gym(pg_server: EmbeddedServer, moved: tuple[str, list[str]], tmp_path: Path) -> Iterator[Gym]:
    name, workflows = moved
    dsn = pg_server.create_database(f"g_{name}", template=name)
    with mail_box() as (box, url), connect(dsn, application_name="test", autocommit=True) as connection:
        act_as_migration(connection)
        [(organization,)] = fetch(
            dsn, "SELECT organization_id::text FROM public.workflows WHERE id::text = %s", workflows[0]
        )
        site = Site(dsn, replace(settings_at(tmp_path), smtp_url=url))
        yield Gym(dsn, site, box, organization, workflows, connection, OldDoor(connection, box.sent_there))
    pg_server.drop_database(f"g_{name}")


def cut(gym: Gym) -> None:
    """The cutover without its wait for the drain; what was captured of our own writes the step before has taken up."""
    fetch(gym.dsn, "DELETE FROM atlas.captured_changes")
    switch = Switch(read_catalog(gym.connection))
    found = read_candidates(gym.connection, switch, [gym.organization])
    done = take_over(
        gym.connection, switch, found, Rules(), Author("p2_core", "ana", datetime.now(UTC), None)
    )
    assert {str(decision.owner) for _, decision in done} == {"atlas_enhanced"}, [d for _, d in done]


def test_through_cutover_live_leads_and_back_every_message_arrives_once(gym: Gym) -> None:
    gym.lead_comes()
    gym.lead_comes(finish=False)  # begun over there, and not over
    cut(gym)
    gym.lead_comes(finish=False)
    assert len(gym.waiting) == 1, "it came after the fence and before the drain: it waits"
    assert gym.door.finish_all() == WORKFLOWS
    gym.settle()
    for _ in range(3):
        gym.lead_comes()
    gym.settle()
    assert gym.box.theirs == 2 * WORKFLOWS
    assert gym.box.taken == gym.once()
    back = go_back(gym.dsn, gym.organization)
    assert back.given_back["workflows_given_back"] == WORKFLOWS
    for _ in range(2):
        gym.lead_comes()
    gym.settle()
    assert gym.box.theirs == 4 * WORKFLOWS
    assert gym.box.taken == gym.once()


@pytest.mark.parametrize("seed", [1])
def test_in_any_order_of_deeds(gym: Gym, seed: int) -> None:
    chance = random.Random(seed)
    is_ours = False
    for _ in range(14):
        deed = chance.choice(("lead", "lead", "begin", "turn"))
        if deed == "turn" and is_ours:
            gym.settle()
            go_back(gym.dsn, gym.organization)
            is_ours = False
        elif deed == "turn":
            cut(gym)
            is_ours = True
        else:
            gym.lead_comes(finish=deed == "lead")
    gym.door.finish_all()
    gym.settle()
    assert gym.box.taken == gym.once()
    assert gym.waiting == []


def test_live_executions_are_cancelled_where_that_is_the_choice(gym: Gym) -> None:
    cut(gym)
    gym.settle()
    gym.lead_comes()
    back = go_back(gym.dsn, gym.organization, parked="cancel")
    assert back.given_back["executions_cancelled"] == WORKFLOWS
    work_until_done(gym.site)
    assert gym.box.taken == Counter()
    ended = fetch(gym.dsn, "SELECT DISTINCT status FROM atlas.workflow_executions WHERE source_table IS NULL")
    assert ended == [("cancelled",)]


def test_a_guardrail_that_is_crossed_halts_and_gives_back(gym: Gym) -> None:
    """A workflow that is executed here is switched on over there while the cutover is watched."""
    ended = run_phase(meddling(meddle), gym.site, scope=Scope((gym.organization,)), options=NO_WATCH)
    assert (ended.status, ended.exit_code) == ("failed", 4)
    assert "switched on in the old application again" in (ended.problem or "")
    assert_given_back(gym)
    with pytest.raises(PhaseRefused, match="was halted by ana"):
        run_phase(core_phase(), gym.site, scope=Scope((gym.organization,)), options=NO_WATCH)


Deed = Callable[[Gym], timedelta]


def fail(gym: Gym) -> timedelta:
    """The mail server refuses for good."""
    gym.box.is_full = True
    gym.settle()
    return timedelta()


def unsubscribe(gym: Gym) -> timedelta:
    """Everybody gets their mail, and one says that it was the last."""
    gym.settle()
    said = Consent(gym.organization, gym.leads[0], "email", granted=False)
    record_consent(gym.connection, said, by="ana", reason="asked for")
    return timedelta()


def be_late(_gym: Gym) -> timedelta:
    """No worker runs."""
    return timedelta(minutes=1)


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        (fail, "6 of 6 executions failed; 5.0% is the limit"),
        (unsubscribe, "1 unsubscribed after 6 messages; 2.0% is the limit"),
        (be_late, "s for their first step; 30 s is the limit"),
    ],
)
def test_each_guardrail_stops_a_ramp_and_gives_back_by_itself(gym: Gym, deed: Deed, said: str) -> None:
    late = [timedelta()]

    def leads_come(_context: PhaseContext) -> StepResult:
        gym.lead_comes()
        gym.lead_comes()
        late[0] = deed(gym)
        return StepResult()

    site = replace(gym.site, now=lambda: datetime.now(UTC) + late[0])
    asked = {"percents": [1, 100], "allow": [gym.organization], "least_ended": 5, "reason": "trial"}
    request = RolloutRequest.read({**asked, "dry_run": False, "watch_minutes": 0})
    options = replace(NO_WATCH, **request.cutover)
    [stage] = ramp(meddling(leads_come), site, request, options)
    assert stage.conclusion is not None
    assert said in (stage.conclusion.problem or "")
    assert said in read_halt(gym)
    assert_given_back(gym)
    kept = "SELECT (options ->> 'least_ended')::int FROM atlas.phase_runs WHERE phase = 'p2_core'"
    assert fetch(gym.dsn, kept) == [(5,)]


def test_a_workflow_that_cannot_be_switched_off_stays_where_it_is(gym: Gym) -> None:
    fetch(gym.dsn, STUBBORN)
    ended = run_phase(core_phase(), gym.site, scope=Scope((gym.organization,)), options=NO_WATCH)
    assert ended.status == "succeeded", ended.problem
    found = ended.steps["cutover"]
    assert found is not None
    assert found.summary["owners"] == {"legacy_app": {"switch_refused": WORKFLOWS}}
    gym.lead_comes()
    gym.settle()
    assert (gym.box.theirs, gym.box.taken) == (WORKFLOWS, gym.once())


def meddle(context: PhaseContext) -> StepResult:
    fetch(
        context.dsn,
        "UPDATE public.workflows SET status = 'active' WHERE name = 'Welcome' AND status = 'paused'",
    )
    return StepResult()


def meddling(deed: Callable[[PhaseContext], StepResult]) -> Phase:
    """Phase 2 in which something happens between the cutover and the watch."""
    phase = core_phase()
    steps = (*phase.steps[: phase.steps.index("watch")], "meddle", *phase.steps[phase.steps.index("watch") :])
    step = StepKind(
        "meddle", "Meddle", deed, NothingToUndo("it is a trial of ours"), Skips("it writes"), continues=False
    )
    return replace(phase, steps=steps, registry=ChainMap({"meddle": step}, dict(phase.registry)))


def assert_given_back(gym: Gym) -> None:
    owners = "SELECT DISTINCT owner FROM atlas.workflows WHERE organization_id::text = %s"
    assert fetch(gym.dsn, owners, gym.organization) == [("legacy_app",)]
    on = "SELECT count(*) FROM public.workflows WHERE status = 'active' AND organization_id::text = %s"
    assert fetch(gym.dsn, on, gym.organization) == [(WORKFLOWS,)]


def read_halt(gym: Gym) -> str:
    halt = read_rollout(gym.connection, "p2_core").halt
    assert halt is not None
    return halt.reason


# The old application puts its own value in place of ours.
STUBBORN = """
CREATE FUNCTION public.stubborn() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.status := 'active'; RETURN NEW; END $$;
CREATE TRIGGER stubborn BEFORE UPDATE ON public.workflows FOR EACH ROW
WHEN (NEW.name = 'Welcome' AND OLD.status = 'active') EXECUTE FUNCTION public.stubborn();
"""
