"""Calls of whatever kind at the webhook door: generated headers, bodies, methods and queries, at endpoints of every scheme and rule."""

import asyncio
import json
from typing import Any

from hypothesis import strategies as st
from webhook_world import Hooks, intake_over, signed

from atlas_workflows.api.hooks.intake import Intake
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.integrations.webhooks.schemes import all_schemes

FORM = "application/x-www-form-urlencoded"
DEEP = b'{"a":' * 70 + b"1" + b"}" * 70
NAMES = st.sampled_from(
    [
        *signed(b""), "content-length", "transfer-encoding", "x-forwarded-for", "content-encoding", "x-odd", "origin", "x-shop",
        "stripe-signature", "x-hub-signature-256", "x-twilio-signature", "x-slack-signature", "webhook-signature", "webhook-id",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    st.sampled_from(
        ["application/json", FORM, "-1", "9" * 30, "chunked", "gzip", "\xff\xfe", "t=1,v1=a", "v1,a", "sha256=", "https://a.example"]
    ),
)  # fmt: skip
# Mostly what is read further, or bytes of whatever kind where a word of ours is looked for.
KINDS = st.one_of(
    st.sampled_from(["application/json", FORM]),
    st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=4).map(
        "application/json; charset={}".format
    ),
)
# Numbers whose digits nobody could write, and some that very small.
HUGE = [b'{"a":{"b":1e%s}}' % (b"9" * digits) for digits in (3, 4, 6, 26)] + [
    b"[-1e-999999]", b'{"timestamp":1e5000}', b'{"amount":%s}' % (b"9" * 5_000), b'{"amount":0.%s}' % (b"1" * 17_000),
]  # fmt: skip
WORDS = st.one_of(
    st.sampled_from(["event", "type", "amount", "who", "headers", "signed", "sent", "trigger", "\0", "\ud800", ""]), st.text(max_size=5)
)  # fmt: skip
PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=20),
    st.sampled_from(["\0", "\ud800", "ana@example.com", "x" * 300]),
)  # fmt: skip
VALUE = st.recursive(
    PLAIN, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)), max_leaves=8
)  # fmt: skip
CALLS: dict[str, st.SearchStrategy[Any]] = {
    "headers": st.builds(
        lambda kind, more: [("content-type", kind), *more], KINDS, st.lists(st.tuples(NAMES, VALUES), max_size=6)
    ),
    "body": st.one_of(
        st.binary(max_size=200), VALUE.map(lambda value: json.dumps(value).encode()),
        st.sampled_from([DEEP, b"[" * 9000, b"null", b'"\\ud800"', b"a=%00", b'{"a":1,"a" :2}', *HUGE]),
    ),
    "endpoint_id": st.sampled_from(["e1", "open", "open", "ruled", "ruled", *sorted(all_schemes()), "..", "%2e", "a" * 300]),
    "method": st.sampled_from(["POST", "POST", "POST", "GET", "PUT", "HEAD", "OPTIONS"]),
    "query": st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30),
}  # fmt: skip
RULES = Manner(
    methods=("POST", "GET", "PUT"), networks=("198.51.100.0/24",), content_types=("json", "form"), max_bytes=50_000,
    events=("paid", "x" * 200), event_from="body:event", subject_from="body:who", subject_by="email", order_from="header:x-odd",
    delivery_from="body:type", mapping={"shop": "header:x-shop", "all": "body:amount", "deep": "body:a.b.0"},
    conditions={"operator": "or", "conditions": [
        {"field": "trigger.amount", "operator": "greater_than", "value": 3}, {"field": "trigger.all", "operator": "exists"},
        {"field": "trigger.who", "operator": "matches_regex", "value": "^a+$"}, {"field": "trigger.type", "operator": "before", "value": "2026-01-01"},
    ]},
)  # fmt: skip


def add_endpoints(hooks: Hooks, secrets: dict[str, str]) -> None:
    """One of every scheme, one that believes everybody, and one with rules."""
    hooks.add("e1")
    for scheme in all_schemes():
        more = {"secret": secrets[scheme]} if scheme in secrets else {}
        hooks.add(
            scheme, scheme=scheme, manner=Manner(public_url="https://hooks.example.com/hooks/e1"), **more
        )
    hooks.add(
        "open",
        verifies=False,
        rate_limit=1_000_000,
        manner=Manner(methods=("POST", "GET", "PUT"), subject_from="body:a.b"),
    )
    hooks.add("ruled", verifies=False, rate_limit=1_000_000, manner=RULES)


async def status_of(
    intake: Intake, headers: list[tuple[str, str]], body: bytes, endpoint_id: str, method: str, query: str
) -> int:
    """What a call is answered."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    scope = {
        "type": "http", "method": method, "path": f"/hooks/{endpoint_id}", "query_string": query.encode(), "headers": raw,
        "client": ("198.51.100.7", 1),
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await intake.receive(endpoint_id, scope, receive, send)
    (status,) = [message["status"] for message in sent if "status" in message]
    return int(status)


class Door:
    """An intake over a store of one loop, called again and again."""

    def __init__(self, store: Any) -> None:
        self.runner = asyncio.Runner()
        self.intake = self.runner.run(self._made(store))
        self.intake.doors.seconds = 60.0

    async def _made(self, store: Any) -> Intake:
        return intake_over(store)

    def status(self, **call: Any) -> int:
        return self.runner.run(status_of(self.intake, **call))

    def close(self) -> None:
        self.runner.run(self.intake.notes.written())
        self.runner.close()
