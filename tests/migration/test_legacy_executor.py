"""Workflows that are not ready, executed here with the old meaning: the same mails as before, waits that survive, and the way on or back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiosmtpd.controller import Controller
from cut_over import NO_WATCH, core_phase, go_back
from legacy_samples import clone_sample
from moving_phase import fetch, migrate
from plain_source import settings_at

from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import connect
from atlas_workflows.db.ports import free_port
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.legacy.execution.document import read_program
from atlas_workflows.migration.request import Scope
from atlas_workflows.migration.runs.outcome import RunResult
from atlas_workflows.migration.runs.run import run_phase
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.sample.old_door import OldDoor
from atlas_workflows.site import Site
from atlas_workflows.store.contacts import PostgresContacts
from atlas_workflows.store.definitions import PostgresDefinitions
from atlas_workflows.store.events import emit
from atlas_workflows.store.outbox import PostgresOutbox
from atlas_workflows.store.sessions import open_pool
from atlas_workflows.store.sign_offs import read_awaiting, sign
from atlas_workflows.wiring import work_until_done
from atlas_workflows.worker.outbox_lane import OutboxLane

OLD_WAY = replace(NO_WATCH, not_ready="atlas_legacy")
Mail = tuple[str, str, str]  # to, subject, body


class Box:
    """A mail server that keeps what it takes."""

    def __init__(self) -> None:
        self.mails: list[Mail] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        body = message.get_content().strip()  # type: ignore[attr-defined]
        self.mails.append((envelope.rcpt_tos[0], str(message["Subject"]), body))
        return "250 taken"


@contextmanager
def mail_box() -> Iterator[tuple[Box, str]]:
    box, port = Box(), free_port()
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, f"smtp://127.0.0.1:{port}"
    server.stop()


def node(id_: str, action: str, **config: Any) -> dict[str, Any]:
    kind = "trigger" if id_ == "t" else "wait" if action == "wait" else "action"
    data = {
        "label": id_,
        "actionType": action,
        "config": {**config, "subtype": action} if id_ == "t" else config,
    }
    return {"id": id_, "type": kind, "position": {"x": 0, "y": 0}, "data": data}


def edges(*pairs: tuple[str, str, str | None]) -> list[dict[str, Any]]:
    return [
        {"id": f"{source}-{target}", "source": source, "target": target, "sourceHandle": handle}
        for source, target, handle in pairs
    ]


# Shape A: a wait of two days, which was over after five minutes; a text with a value that nobody has.
WAITS = [
    node("t", "lead_created"),
    node(
        "one",
        "send_email",
        to="{{email}}",
        subject="Hello {{firstName}}",
        body="{{nobody}} & co",
        mode="custom",
    ),
    node("w", "wait", duration=2, unit="days"),
    node("two", "send_email", to="{{email}}", subject="Still there?", body="Bye", mode="custom"),
]
# Shape B: nodes of the first generation behind a webhook; that engine followed both branches of a condition.
FLAT = [
    node("t", "webhook"),
    {
        "id": "c",
        "type": "condition",
        "data": {"label": "New?", "field": "lead.status", "operator": "equals", "value": "new"},
    },
    {
        "id": "yes",
        "type": "action",
        "data": {"label": "Send Email", "subject": "New", "message": "To {{name}}"},
    },
    {
        "id": "no",
        "type": "action",
        "data": {"label": "Send Email", "subject": "Not new", "message": "To {{name}}"},
    },
]
# Shape C: actions one after the other; conditions of an action skip it and nothing else.
LINEAR = [
    {"type": "send_email", "config": {"subject": "First", "body": "{{source}}"}},
    {"type": "send_email", "config": {"subject": "Never", "body": "x"},
     "conditions": [{"field": "lead.status", "operator": "equals", "value": "lost"}]},
    {"type": "wait", "config": {"duration": 2, "unit": "days"}},
    {"type": "send_email", "config": {"subject": "Last", "body": "x"}},
]  # fmt: skip
ADD = {
    "A": (
        ("INSERT INTO public.workflows (id, organization_id, name, status, trigger_type, trigger_config, nodes, edges) "
        "VALUES (%s, %s, 'Old ways', 'active', 'lead_created', '{\"source\": \"web\"}', %s, %s)"),
        json.dumps(WAITS), json.dumps(edges(("t", "one", None), ("one", "w", None), ("w", "two", None))),
    ),
    "B": (
        ("INSERT INTO public.workflows (id, organization_id, name, status, trigger_type, trigger_config, workflow_data) "
        "VALUES (%s, %s, 'Old ways', 'active', 'webhook', '{\"webhook_id\": \"h1\"}', %s)"),
        json.dumps({"nodes": FLAT, "edges": edges(("t", "c", None), ("c", "yes", "true"), ("c", "no", "false"))}),
    ),
    "C": (
        ("INSERT INTO public.workflows (id, org_id, name, active, trigger_type, trigger_config, actions) "
        "VALUES (%s, %s, 'Old ways', true, 'lead_created', '{}', %s)"),
        json.dumps(LINEAR),
    ),
}  # fmt: skip


@dataclass(slots=True)
class Gym:
    """One organization with one workflow whose change of meaning nobody signed."""

    dsn: str
    site: Site
    box: Box
    organization: str
    workflow: str
    leads: list[str] = field(default_factory=list)

    def cut(self, **options: Any) -> RunResult:
        scope, asked = Scope((self.organization,)), replace(OLD_WAY, **options)
        return run_phase(core_phase(), self.site, scope=scope, options=asked)

    def leave_waiting(self, lead: str, *, minutes: int) -> None:
        """The old application sent the first mail that long ago and has stood at the wait since."""
        at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
        steps = [{"nodeId": name, "status": "completed", "timestamp": at} for name in ("t", "one")]
        event = {"leadId": lead, "lead": {"id": lead, "email": f"{lead}@example.com"}}
        fetch(
            self.dsn,
            "INSERT INTO public.workflow_executions (id, workflow_id, status, started_at, trigger_data, execution_steps) "
            "VALUES (%s, %s, 'running', %s, %s, %s)",
            str(uuid4()), self.workflow, at, json.dumps(event), json.dumps(steps),
        )  # fmt: skip

    def comes(self, kind: str, **facts: Any) -> str:
        """Somebody comes, and the engine does what there is to do."""
        lead = self.is_noted(kind, **facts)
        self.works()
        return lead

    def is_noted(self, kind: str, **facts: Any) -> str:
        """Somebody comes, and no worker looked at it yet."""
        lead = f"lead{len(self.leads)}"
        self.leads.append(lead)
        contact = {
            "id": lead,
            "name": "Ana Kovač",
            "first_name": "Ana",
            "email": f"{lead}@example.com",
            "status": "new",
        }
        with connect(self.dsn, application_name="test", autocommit=True) as connection:
            emit(connection, self.organization, kind, lead, {"trigger": facts, "contact": contact})
        return lead

    def works(self) -> None:
        """The engine does what there is to do."""
        pool = open_pool(self.dsn, 2)
        definitions = PostgresDefinitions(pool, load_catalogue(), read_program)
        OutboxLane(PostgresOutbox(pool, PostgresContacts(pool)), definitions, load_catalogue()).round()
        pool.close()
        work_until_done(self.site)

    def time_passes(self) -> None:
        """What is parked is due, as five minutes later."""
        self.run(
            "UPDATE atlas.execution_states SET document = replace(document::text, document -> 'tokens' -> 0 ->> 'due_at', '2026-01-01T00:00:00+00:00')::json"
        )
        self.run("UPDATE atlas.workflow_execution_queue SET due_at = now() - interval '1 s' WHERE NOT ready")
        work_until_done(self.site)

    def run(self, statement: str, *given: Any) -> list[tuple[Any, ...]]:
        with connect(self.dsn, application_name="test", autocommit=True) as connection:
            act_as_migration(connection)
            cursor = connection.execute(statement, given)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    @property
    def standing(self) -> tuple[Any, ...]:
        [row] = self.run(
            "SELECT owner, status, awaiting_sign_off FROM atlas.workflows WHERE source_id = %s", self.workflow
        )
        return row


def has_fired(dsn: str, tenant: str, organization: str, workflow: str) -> None:
    """The history shows that its trigger starts it: what never did stays off here, whatever its meaning."""
    fetch(
        dsn,
        f"INSERT INTO public.workflow_executions (workflow_id, {tenant}, status, started_at, completed_at, trigger_data) "
        "VALUES (%s, %s, 'completed', now() - interval '9 days', now() - interval '9 days', %s)",
        workflow, organization, json.dumps({"leadId": "long ago"}),
    )  # fmt: skip


@contextmanager
def gym_of(server: EmbeddedServer, shape: str, home: Path) -> Iterator[Gym]:
    dsn = clone_sample(server, shape, workflows=8, executions=8)
    [(organization,)] = fetch(dsn, "SELECT id::text FROM organizations ORDER BY id LIMIT 1")
    tenant = "org_id" if shape == "C" else "organization_id"
    fetch(dsn, f"DELETE FROM public.workflows WHERE {tenant}::text = %s", organization)
    workflow = str(uuid4())
    statement, *documents = ADD[shape]
    fetch(dsn, statement, workflow, organization, *documents)
    has_fired(dsn, tenant, organization, workflow)
    migrate(dsn, home)
    with mail_box() as (box, url):
        site = Site(dsn, replace(settings_at(home), smtp_url=url))
        yield Gym(dsn, site, box, organization, workflow)
    server.drop_database(dsn.rpartition("/")[2])


def summary(result: RunResult) -> Any:
    assert result.status == "succeeded", result.problem
    found = result.steps["cutover"]
    assert found is not None
    return found.summary


def owners(result: RunResult) -> Any:
    return summary(result)["owners"]


def test_what_waits_goes_on_as_it_did_and_a_signature_lets_the_new_meaning_in(
    pg_server: EmbeddedServer, tmp_path: Path
) -> None:
    with gym_of(pg_server, "A", tmp_path) as gym:
        sent_there: list[str] = []
        with connect(gym.dsn, application_name="test", autocommit=True) as connection:
            door = OldDoor(connection, lambda _workflow, _lead, node: sent_there.append(node))
            door.lead_came(gym.organization, "before")
            door.finish_all()
        assert gym.standing == ("legacy_app", "paused", True)
        gym.leave_waiting("waited", minutes=2)
        gym.leave_waiting("lost", minutes=20)
        ended = gym.cut(old_application_stopped_at=datetime.now(UTC).isoformat())
        assert owners(ended) == {"atlas_legacy": {"unsigned": 1}}
        assert summary(ended)["in_flight"] == {"parked_here": 1, "process_gone": 1}
        [(left,)] = gym.run("SELECT extract(epoch FROM due_at - now()) FROM atlas.workflow_execution_queue")
        assert 0 < left < 185, "what is left of five minutes"
        gym.time_passes()
        assert gym.box.mails == [("waited@example.com", "Still there?", "Bye")]
        gym.box.mails.clear()
        assert gym.standing == ("atlas_legacy", "active", True)
        assert gym.run("SELECT status FROM public.workflows WHERE id::text = %s", gym.workflow) == [
            ("paused",)
        ]

        gym.comes("lead_created", source="shop")
        assert gym.box.mails == [], "the column lets in leads from the web only"
        lead = gym.comes("lead_created", source="web")
        assert gym.box.mails == [(f"{lead}@example.com", "Hello Ana", "{{nobody}} & co")]
        [(due,)] = gym.run(
            "SELECT extract(epoch FROM q.due_at - s.started_at) FROM atlas.workflow_execution_queue q JOIN atlas.execution_states s USING (execution_id)"
        )
        assert 299 < due < 420, "five minutes, and what the mail took"
        executor = gym.run(
            "SELECT v.executor FROM atlas.workflow_executions e JOIN atlas.workflow_versions v ON v.workflow_id = e.workflow_id AND v.version = e.workflow_version WHERE e.subject = %s",
            lead,
        )
        assert executor == [("atlas_legacy",)]
        gym.time_passes()
        assert [subject for _, subject, _ in gym.box.mails] == ["Hello Ana", "Still there?"]
        steps = gym.run(
            "SELECT node_id FROM atlas.workflow_execution_steps s JOIN atlas.workflow_executions e ON e.id = s.execution_id WHERE e.subject = %s ORDER BY position",
            lead,
        )
        assert [node for (node,) in steps] == ["t", "one", "w", "two"]
        assert [node for (node,) in steps if node in ("one", "two")] == sent_there

        with connect(gym.dsn, application_name="test", autocommit=True) as connection:
            for item in read_awaiting(connection):
                sign(connection, item.workflow_id, (), by="ana", reason="trial")
        assert gym.standing == ("atlas_legacy", "active", False)
        fence = "SELECT fenced_at, drained_at FROM atlas.execution_owners WHERE organization_id::text = %s"
        before = gym.run(fence, gym.organization)
        assert owners(gym.cut()) == {"atlas_enhanced": {"ready": 1}}
        assert gym.run(fence, gym.organization) == before
        assert gym.standing == ("atlas_enhanced", "active", False)
        gym.comes("lead_created", source="web")
        assert gym.box.mails[-1][1] == "Hello Ana"
        [(waits,)] = gym.run(
            "SELECT q.due_at - now() > interval '1 day' FROM atlas.workflow_execution_queue q"
        )
        assert waits, "two days are two days now"


def test_both_branches_and_the_way_back(pg_server: EmbeddedServer, tmp_path: Path) -> None:
    with gym_of(pg_server, "B", tmp_path) as gym:
        before = gym.standing
        assert owners(gym.cut()) == {"atlas_legacy": {"unsigned": 1}}
        gym.comes("webhook", webhook_id="h2")
        lead = gym.comes("webhook", webhook_id="h1")
        assert sorted(gym.box.mails) == [
            (f"{lead}@example.com", "New", "To Ana Kovač"), (f"{lead}@example.com", "Not new", "To Ana Kovač"),
        ]  # fmt: skip
        gym.is_noted("webhook", webhook_id="h1")
        done = go_back(gym.dsn, gym.organization, parked="cancel")
        assert done.given_back == {"workflows_given_back": 1}
        assert gym.standing == before
        assert gym.run("SELECT status FROM public.workflows WHERE id::text = %s", gym.workflow) == [
            ("active",)
        ]
        gym.comes("webhook", webhook_id="h1")
        assert len(gym.box.mails) == 2, "who cancels what is under way owes nothing"


def test_a_list_of_actions_and_what_is_begun_or_owed_finishes_after_the_way_back(
    pg_server: EmbeddedServer, tmp_path: Path
) -> None:
    with gym_of(pg_server, "C", tmp_path) as gym:
        assert owners(gym.cut()) == {"atlas_legacy": {"unsigned": 1}}
        lead = gym.comes("lead_created", source="web")
        assert gym.box.mails == [(f"{lead}@example.com", "First", "web")]
        owed = gym.is_noted("lead_created", source="web")
        done = go_back(gym.dsn, gym.organization)
        assert done.given_back == {"workflows_given_back": 1, "executions_that_finish_here": 1}
        gym.comes("lead_created", source="web")
        assert gym.box.mails[1:] == [(f"{owed}@example.com", "First", "web")], "what came later is theirs"
        gym.time_passes()
        assert [subject for _, subject, _ in gym.box.mails] == ["First", "First", "Last", "Last"]
        [(status,)] = gym.run("SELECT status FROM atlas.workflow_executions WHERE subject = %s", lead)
        assert status == "completed"
