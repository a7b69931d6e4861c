"""Two organizations with people, keys of every role, a workflow and executions each, and the API over them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from httpx import Response

from atlas_workflows.api.app import create_app
from atlas_workflows.api.doors.rates import Rate
from atlas_workflows.api.doors.strangers import Strangers
from atlas_workflows.api.doors.tokens import Provider
from atlas_workflows.db.connect import connect
from atlas_workflows.phase_starts import PhaseStarts
from atlas_workflows.settings import load_settings
from atlas_workflows.store.api_keys import create_key
from atlas_workflows.store.dead_letters import causes
from atlas_workflows.store.steering import By
from atlas_workflows.wiring import old_format
from crm_world import ANA, COACH, EVE, ONE, OWNER, STRANGER, TWO, build_crm

BASE = "/api/v2"
BY = By("ana", "for the tests")
GENEROUS = Rate(10_000_000, 10_000_000)
# What stands in everything of an organization that a caller may read, so that a leak shows.
CANARIES = {ONE: "canary-harbour", TWO: "canary-summit"}
MEMBERS = {ONE: ANA, TWO: EVE}
USERS = {"owner": (OWNER, ONE), "coach": (COACH, ONE), "stranger": (STRANGER, TWO)}
ROLES = ("owner", "manager", "staff", "member")
ENDED = "00000000-0000-4000-8000-00000000000e"


@dataclass
class Clock:
    """The application's clock."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class World:
    """The API on a database. `ids` are those of each organization by the name that a path gives them."""

    dsn: str
    app: FastAPI
    client: TestClient
    clock: Clock
    keys: dict[tuple[str, str], str]
    ids: dict[str, dict[str, str]]
    session: list[tuple[str, bool] | None]

    def call(
        self,
        method: str,
        path: str,
        *,
        role: str = "owner",
        organization: str = ONE,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Response:
        """A request with the key of a role."""
        given = {"Authorization": f"Bearer {self.keys[role, organization]}", **(headers or {})}
        return self.client.request(
            method, path if path.startswith("/") else f"{BASE}/{path}", headers=given, **more
        )

    def get(self, path: str, **more: Any) -> Any:
        """The document at an address; fails where it is refused."""
        answer = self.call("GET", path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def start(self, path: str, body: Any, *, key: str | None = None, **more: Any) -> Response:
        """A POST with an Idempotency-Key."""
        headers = {"Idempotency-Key": key or uuid4().hex, **more.pop("headers", {})}
        return self.call("POST", path, json=body, headers=headers, **more)


def build_world(dsn: str, *, provider: Provider | None = None, rate: Rate = GENEROUS) -> World:
    """The world on a database that has schema atlas."""
    build_crm(dsn).close()
    clock, session = Clock(), list[tuple[str, bool] | None]([None])
    with connect(dsn, application_name="test", autocommit=True) as connection:
        connection.execute("SELECT atlas.rebuild_principals()")
        ids = {organization: _fill(connection, organization) for organization in (ONE, TWO)}
        keys = {
            (role, organization): create_key(connection, organization, role, scopes, BY, clock())[1].text
            for organization in (ONE, TWO)
            for role, scopes in _roles(connection)
        }
        for organization in (ONE, TWO):
            ids[organization]["key"] = _a_key(connection, organization)
            ids[organization]["endpoint"] = _an_endpoint(connection, organization)

    async def read_session(request: Request) -> tuple[str, bool] | None:
        # Where somebody is logged in a request may be another one's: for two who do something at once.
        login = request.headers.get("x-test-login")
        return session[0] if login is None or session[0] is None else (login, session[0][1])

    app = create_app(
        dsn=lambda: dsn, now=clock, read_session=read_session, provider=provider, rate=rate,
        phases=PhaseStarts(load_settings), old=old_format(),
    )  # fmt: skip
    app.state.doors.strangers = Strangers(GENEROUS)
    app.state.streams.seconds = 0.0  # a stream ends after one look, for those who ask every route
    return World(dsn, app, TestClient(app, raise_server_exceptions=False), clock, keys, ids, session)


def definition_of(workflow: str, organization: str, **settings: Any) -> dict[str, Any]:
    """A workflow that is valid: by hand, one tag, the end."""
    return {
        "format": "atlas.workflow/1", "id": workflow, "name": CANARIES[organization], "organization_id": organization,
        "triggers": [{"id": "t", "type": "manual", "parameters": {}}],
        "nodes": [{"id": "n", "type": "add_tags", "parameters": {"tags": [CANARIES[organization]]}}],
        "edges": [{"id": "e", "source": "t", "target": "n"}], "settings": settings,
    }  # fmt: skip


def _roles(connection: psycopg.Connection[Any]) -> Iterable[tuple[str, list[str]]]:
    found = connection.execute(
        "SELECT r, atlas.permissions_of(r) FROM unnest(%s::text[]) AS r", [list(ROLES)]
    ).fetchall()
    return [(role, scopes) for role, scopes in found]


def _a_key(connection: psycopg.Connection[Any], organization: str) -> str:
    kept, _ = create_key(
        connection, organization, CANARIES[organization], ["workflow:analytics"], BY, datetime.now(UTC)
    )
    return kept.id


def _an_endpoint(connection: psycopg.Connection[Any], organization: str) -> str:
    connection.execute(
        "INSERT INTO atlas.workflow_webhooks (organization_id, name, endpoint_id, is_active) VALUES (%s, %s, %s, true)",
        [organization, CANARIES[organization], f"hook-of-{organization}"],
    )
    return f"hook-of-{organization}"


def _cause(connection: psycopg.Connection[Any], organization: str) -> str:
    return causes(connection, organization)[0].cause


def _fill(connection: psycopg.Connection[Any], organization: str) -> dict[str, str]:
    workflow, canary = str(uuid4()), CANARIES[organization]
    definition = json.dumps(definition_of(workflow, organization))
    connection.execute(
        "INSERT INTO atlas.workflows (id, organization_id, name, definition, owner, status, published_version) "
        "VALUES (%s, %s, %s, %s, 'atlas_enhanced', 'active', 1)", [workflow, organization, canary, definition],
    )  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.workflow_versions (workflow_id, organization_id, version, definition, definition_hash) "
        "VALUES (%s, %s, 1, %s, 'x')", [workflow, organization, definition],
    )  # fmt: skip
    execution = str(uuid4())
    for place, (named, outcome) in enumerate(
        [(execution, "completed"), *((str(uuid4()), "failed") for _ in range(4))]
    ):
        connection.execute(
            "INSERT INTO atlas.workflow_executions (id, organization_id, workflow_id, workflow_version, status, subject, "
            "outcome, started_at) VALUES (%s, %s, %s, 1, 'completed', %s, %s, %s)",
            [named, organization, workflow, canary, outcome, datetime.now(UTC) - timedelta(minutes=place)],
        )  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.workflow_execution_steps (execution_id, organization_id, node_id, node_type, status, input_data)"
        " VALUES (%s, %s, 'n', 'send_email', 'completed', '{\"to\": \"ana@example.com\"}')", [execution, organization],
    )  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.dead_letters (organization_id, execution_id, started_at, workflow_id, workflow_version, subject,"
        " node_id, node_type, error_class, pattern, message, failed_at, begun, document, untold, priority, recorded)"
        " SELECT organization_id, id, started_at, workflow_id, 1, %s, 'n', 'add_tags', 'configuration', %s, %s, now(),"
        " false, '{}', '[]', 5, 0 FROM atlas.workflow_executions WHERE organization_id = %s AND outcome = 'failed'",
        [canary, canary, canary, organization],
    )  # fmt: skip
    connection.execute(
        "INSERT INTO atlas.shadow_differences (organization_id, workflow_id, position, change, times, before)"
        " VALUES (%s, %s, 1, 'text', 1, %s), (%s, %s, 2, 'text', 1, %s)", [organization, workflow, canary] * 2,
    )  # fmt: skip
    run = connection.execute(
        "INSERT INTO atlas.phase_runs (phase) VALUES ('p1_database') RETURNING id::text"
    ).fetchone()
    assert run is not None
    return {
        "workflow": workflow, "execution": execution, "member": MEMBERS[organization], "run": run[0], "version": "1",
        "before": "1", "after": "0", "cause": _cause(connection, organization),
    }  # fmt: skip
