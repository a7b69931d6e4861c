"""Calls a URL through the guarded way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from atlas_workflows import exact_json
from atlas_workflows.errors import InvalidJson
from atlas_workflows.integrations.egress import (
    Egress,
    EgressRefused,
    Interrupted,
    NotConnected,
    Request,
    Response,
)
from atlas_workflows.performers.means import Means
from atlas_workflows.performers.opening import opening
from atlas_workflows.worker.model import Answer, Dispatch, Performed, Refused, Unclear
from atlas_workflows.worker.ports import Performer

SECONDS = 30.0
USER_AGENT = "AtlasWorkflows/1"
# Doing these twice does them once, by what HTTP says of them.
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """The effect's key goes out as Idempotency-Key."""

    egress: Egress
    concurrency: int = 16
    kind: str = "http_request"

    def may_repeat(self, effect: Dispatch) -> bool:
        """Whether HTTP itself says so of the method."""
        return _method(effect) in REPEATABLE

    def perform(self, effect: Dispatch) -> Answer:
        """Send it."""
        request = _request(effect)
        if isinstance(request, Refused):
            return request
        return exchange(
            self.egress, request, self.may_repeat(effect), effect.content.get("expect_status") or ()
        )


def exchange(egress: Egress, request: Request, may_repeat: bool, expected: Any = ()) -> Answer:
    """Send a request, and what its end means: what broke off midway may have been acted on."""
    try:
        return verdict(egress.send(request), expected)
    except EgressRefused as cause:
        return Refused("configuration", str(cause), may_retry=False)
    except NotConnected as cause:
        return Refused("connection", str(cause))
    except Interrupted as cause:
        return Refused("timeout", str(cause)) if may_repeat else Unclear(str(cause))


def verdict(response: Response, expected: Any = ()) -> Answer:
    """What a status means: 200 to 299 is success where nothing else is expected."""
    status = response.status
    if status in expected or (not expected and 200 <= status < 300):
        return Performed({"status": status, "headers": dict(response.headers), "body": body_of(response)})
    if status == 429:
        return Refused("rate_limit", "It answered with status 429.")
    if status >= 500 or status == 408:
        return Refused("provider", f"It answered with status {status}.")
    return Refused("rejected", f"It answered with status {status}.", may_retry=False)


def body_of(response: Response) -> Any:
    """JSON where it says so and is, else text."""
    if "json" in response.headers.get("content-type", ""):
        try:
            return exact_json.loads(response.body)
        except InvalidJson:
            pass
    return response.body.decode("utf-8", "replace")


def _method(effect: Dispatch) -> str:
    return str(effect.content.get("method") or "GET").upper()


def _request(effect: Dispatch) -> Request | Refused:
    content = effect.content
    headers = sendable_headers(content.get("headers"))
    if headers is None:
        return Refused("data", "A header holds a line break, or is no text.", may_retry=False)
    body, kind = _body(content.get("body"))
    if kind is not None:
        headers.setdefault("content-type", kind)
    headers.setdefault("idempotency-key", effect.key)
    seconds = float(content.get("timeout_seconds") or SECONDS)
    try:
        url = _with_query(str(content.get("url") or ""), content.get("query"))
    except (httpx.InvalidURL, ValueError, TypeError):
        return Refused("data", "The URL cannot be read.", may_retry=False)
    return Request(_method(effect), url, headers, body, seconds)


def sendable_headers(given: Any) -> dict[str, str] | None:
    """Headers with lower-case names; None where one could carry another one with it."""
    headers = {"user-agent": USER_AGENT}
    for name, value in (given or {}).items() if isinstance(given or {}, Mapping) else ():
        text = f"{name}{value}"
        if (
            not isinstance(value, str)
            or not text.isprintable()
            or not text.isascii()
            or not str(name).strip()
        ):
            return None
        headers[str(name).strip().lower()] = value.strip()
    headers.pop("host", None)
    return headers


def _with_query(url: str, query: Any) -> str:
    if not isinstance(query, Mapping) or not query:
        return url
    added = {str(name): "" if value is None else str(value) for name, value in query.items()}
    return str(httpx.URL(url).copy_merge_params(added))


def _body(given: Any) -> tuple[bytes | None, str | None]:
    if given is None:
        return None, None
    if isinstance(given, str):
        return given.encode("utf-8", "replace"), "text/plain; charset=utf-8"
    return exact_json.dumps(given), "application/json"


def build(means: Means) -> Performer:
    return opening(HttpRequest(means.egress), means.vault)
