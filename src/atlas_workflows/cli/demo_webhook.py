"""A signed webhook in the demo: an endpoint is made, a call starts an execution, its repeat starts none, and a forged one is refused."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from atlas_workflows import exact_json
from atlas_workflows.cli.demo_cutover import SIGNER
from atlas_workflows.cli.webhook_sample import Sent, endpoint_at, made_call
from atlas_workflows.db.acting import act_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.graph.model import FORMAT
from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.integrations.webhooks.sample_call import Wish
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.secrets.keys import own_sealer
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import Site
from atlas_workflows.store.history import Execution, Wanted, find_executions
from atlas_workflows.store.publication import publish, resume
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks import endpoints
from atlas_workflows.store.webhooks.deliveries import Arrival, Sought, list_arrivals

NAME = "Orders of the shop"
PATIENCE = timedelta(seconds=60)
LOOK_SECONDS, NOTED_SECONDS = 0.3, 5.0
BY = By(SIGNER, "a demo: a webhook that starts an execution")
# What is sent, and the status and the word of the answer that it must bring.
SIGNED, REPEAT, FORGED = "a signed call", "the same again", "another body under its signature"
AWAITED = {SIGNED: (202, "accepted"), REPEAT: (202, "duplicate"), FORGED: (401, "wrong_signature")}
Post = Callable[[Call, str], Sent]


@dataclass(frozen=True, slots=True)
class Called:
    """One call and its answer, in the word that counts: accepted, duplicate, or why it was refused."""

    what: str
    status: int
    said: str

    @property
    def is_right(self) -> bool:
        return (self.status, self.said) == AWAITED[self.what]


@dataclass(frozen=True, slots=True)
class Rung:
    """What became of the calls: `execution` is what they started, once; `arrivals` is what the endpoint noted."""

    organization: str
    gym: str
    endpoint: str
    calls: tuple[Called, ...]
    executions: tuple[Execution, ...] = ()
    arrivals: tuple[Arrival, ...] = ()

    @property
    def problem(self) -> str | None:
        """What is wrong, in words."""
        wrong = next((call for call in self.calls if not call.is_right), None)
        if wrong is not None:
            return f"{wrong.what.capitalize()} was answered {wrong.status} {wrong.said}; `./atlas logs api` may say why."
        if len(self.executions) != 1:
            return f"The calls started {len(self.executions)} executions, and should have started one."
        (found,) = self.executions
        return None if found.outcome == "completed" else f"The execution is {found.outcome}: {found.reason}."


def definition(endpoint: str) -> dict[str, Any]:
    """A workflow that tells the owner of each order that the endpoint brings."""
    told = {
        "channel": "email",
        "title": NAME,
        "message": "{{ trigger.customer }} ordered for {{ trigger.amount }}.",
    }
    return {
        "format": FORMAT, "id": "orders", "name": NAME,
        "triggers": [{"id": "order", "type": "webhook", "parameters": {"endpoint_id": endpoint, "event": "order.paid"}}],
        "nodes": [{"id": "tell", "type": "notify_team", "parameters": told}],
        "edges": [{"id": "e1", "source": "order", "target": "tell"}],
    }  # fmt: skip


def ring(site: Site, gym: Organization, served_at: str, post: Post) -> Rung:
    """Make the endpoint and its workflow, call three times, and wait for what comes of it. `served_at`: http://host:port."""
    workflow = str(uuid5(NAMESPACE_URL, f"atlas-demo-webhook:{gym.id}"))
    began = datetime.now(UTC)
    with site.connect("demo", autocommit=True) as connection:
        act_as_migration(connection)
        endpoint = _make_endpoint(connection, gym.id, own_sealer(site.settings))
        _publish(connection, gym.id, workflow, endpoint)
        calls = _call(site, endpoint, served_at, post)
        executions = _await(connection, Wanted(gym.id, workflow, since=began), endpoint)
        arrivals = _noted(connection, gym.id, endpoint)
    return Rung(gym.id, gym.name, endpoint, calls, executions, arrivals)


def _make_endpoint(connection: Connection, organization: str, sealer: Sealer) -> str:
    """Anew; those of earlier demos go."""
    for each in endpoints.list_webhooks(connection, organization):
        if each.name == NAME:
            endpoints.delete_webhook(connection, organization, each.endpoint_id, BY)
    wanted = endpoints.Wanted(NAME, "atlas")
    return endpoints.create_webhook(connection, sealer, organization, wanted, BY).webhook.endpoint_id


def _publish(connection: Connection, organization: str, workflow: str, endpoint: str) -> None:
    given = {
        "workflow": workflow, "organization": organization, "name": NAME,
        "definition": exact_json.dumps_text(definition(endpoint)),
    }  # fmt: skip
    revision = int(scalar(connection, sql("sample/put_draft"), given))
    if publish(connection, organization, workflow, revision, load_catalogue(), BY).status == "paused":
        resume(connection, organization, workflow, BY)


def _call(site: Site, endpoint: str, served_at: str, post: Post) -> tuple[Called, ...]:
    order = {"id": str(uuid4()), "customer": "Ana Berg", "amount": 49}
    known = endpoint_at(site.dsn, endpoint, site.settings)
    signed = made_call(known, Wish("order.paid", order), site.settings)
    forged = signed._replace(body=exact_json.dumps({**order, "amount": 1}))
    address = f"{served_at}/hooks/{endpoint}"
    sent = {SIGNED: signed, REPEAT: signed, FORGED: forged}
    return tuple(_called(what, post(call, address)) for what, call in sent.items())


def _called(what: str, answer: Sent) -> Called:
    try:
        said = json.loads(answer.said)
    except ValueError:
        said = {}
    return Called(what, answer.status, str(said.get("code") or said.get("status")))


def _noted(connection: Connection, organization: str, endpoint: str) -> tuple[Arrival, ...]:
    """What the endpoint noted; refusals are written a moment after they are answered."""
    until = time.monotonic() + NOTED_SECONDS
    while True:
        found = list_arrivals(connection, organization, endpoint, Sought(), 10)
        if time.monotonic() > until or any(each.outcome == "refused" for each in found):
            return tuple(found)
        time.sleep(LOOK_SECONDS)


def _await(connection: Connection, wanted: Wanted, endpoint: str) -> tuple[Execution, ...]:
    """Once all that was stored is handled: until then a repeat could start another one."""
    until = time.monotonic() + PATIENCE.total_seconds()
    while True:
        stored = list_arrivals(connection, wanted.organization, endpoint, Sought("stored"), 10)
        is_handled = all(each.handled_at is not None for each in stored)
        found = tuple(find_executions(connection, wanted))
        is_over = is_handled and found and not any(each.is_live for each in found)
        if time.monotonic() > until or is_over:
            return found
        time.sleep(LOOK_SECONDS)
