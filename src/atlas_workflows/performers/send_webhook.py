"""Posts JSON to another system, signed over the time and the body as they are sent."""

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass

from atlas_workflows import exact_json
from atlas_workflows.integrations.egress import Egress, Request
from atlas_workflows.performers.http_request import exchange, sendable_headers
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.opening import opening
from atlas_workflows.worker.model import Answer, Dispatch, Refused
from atlas_workflows.worker.ports import Performer

SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class SendWebhook:
    """The effect's key goes out as X-Atlas-Webhook-Id, so that the receiver can recognise a repeat."""

    egress: Egress
    concurrency: int = 16
    kind: str = "send_webhook"
    clock: Callable[[], float] = time.time

    def may_repeat(self, effect: Dispatch) -> bool:  # noqa: ARG002
        """No: whether the receiver looks at the id is not known."""
        return False

    def perform(self, effect: Dispatch) -> Answer:
        """Send it."""
        content = effect.content
        headers, secret = sendable_headers(content.get("headers")), content.get("secret")
        if headers is None:
            return Refused("data", "A header holds a line break, or is no text.", may_retry=False)
        if secret is not None and not isinstance(secret, str):
            return Refused("configuration", "The secret cannot be opened here.", may_retry=False)
        payload = content.get("payload")
        body = exact_json.dumps({"contact": dict(effect.contact)} if payload is None else payload)
        headers |= {"content-type": "application/json", "x-atlas-webhook-id": effect.key}
        if content.get("event"):
            headers["x-atlas-event"] = str(content["event"]).encode("ascii", "replace").decode()
        if secret:
            headers |= signature(secret, str(int(self.clock())), body)
        return exchange(
            self.egress, Request("POST", str(content.get("url")), headers, body, SECONDS), may_repeat=False
        )


def signature(secret: str, timestamp: str, body: bytes) -> dict[str, str]:
    """HMAC-SHA256 over `<unix seconds>.<body>`."""
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"x-atlas-timestamp": timestamp, "x-atlas-signature": f"sha256={digest}"}


def build(means: Means) -> Performer:
    return opening(SendWebhook(means.egress), means.vault)
