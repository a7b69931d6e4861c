"""The intake: what is accepted is stored once and becomes one event, what is refused leaves nothing."""

import asyncio
import base64
import gc
import json
import os
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from test_events_at_work import lane
from webhook_fuzz import CALLS, add_endpoints, status_of
from webhook_world import (
    SECRET,
    Hooks,
    MemoryHooks,
    PostgresHooks,
    calls,
    delivery,
    intake_over,
    post,
    signed,
)
from workflows import line, setting
from world import ONE, TWO, PostgresWorld

from atlas_workflows.api.hooks.intake import Outside
from atlas_workflows.api.hooks.reading import Bounds
from atlas_workflows.db.connect import application_transaction
from atlas_workflows.exact_json import loads
from atlas_workflows.graph.model import Trigger
from atlas_workflows.integrations.webhooks.call import MAX_BODY_BYTES
from atlas_workflows.integrations.webhooks.group_commit import GroupCommit
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.integrations.webhooks.ports import DeliveryUnfit, StoreAway, Stored
from atlas_workflows.integrations.webhooks.schemes.meta import verify_token
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

NOW = 1_800_000_000.0
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.postgres)])
def hooks(request: pytest.FixtureRequest) -> Iterator[Hooks]:
    """Each store in turn."""
    if request.param == "memory":
        yield MemoryHooks()
        return
    found = PostgresWorld(request.getfixturevalue("atlas_dsn"), now=None)
    yield PostgresHooks(found)
    found.close()


def test_the_stores_keep_the_same_contract(hooks: Hooks) -> None:
    one, two = hooks.add("e1"), hooks.add("e2", TWO)
    # Once per key of an endpoint, also within a batch; organizations do not meet.
    batch = [
        delivery(one, "k"),
        delivery(two, "k"),
        delivery(one, "k"),
        delivery(one, "l", subject="s", event="paid"),
    ]
    assert hooks.keep(*batch) == [Stored.STORED, Stored.STORED, Stored.REPEAT, Stored.STORED]
    assert hooks.keep(delivery(one, "k"), delivery(two, "m")) == [Stored.REPEAT, Stored.STORED]
    told = sorted(
        (organization, subject or "", trigger["n"]) for organization, subject, trigger in hooks.events()
    )
    assert told == [(ONE, "", "k"), (ONE, "s", "l"), (TWO, "", "k"), (TWO, "", "m")]
    # A key that counts for a while only.
    for seconds, answer in ((0, Stored.STORED), (299, Stored.REPEAT), (2, Stored.STORED), (1, Stored.REPEAT)):
        hooks.later(seconds)
        assert hooks.keep(delivery(one, "passing", seconds=300)) == [answer]
    hooks.pause("e1")
    assert hooks.keep(delivery(one, "n"), delivery(two, "n")) == [Stored.CLOSED, Stored.STORED]
    assert len(hooks.events()) == 7
    # A bucket of a minute's calls that empties evenly; nothing of what is over it is stored.
    slow = hooks.add("e3", rate_limit=6)
    assert (
        hooks.keep(*(delivery(slow, f"a{n}") for n in range(8))) == [Stored.STORED] * 6 + [Stored.LIMITED] * 2
    )
    hooks.later(21)
    assert hooks.keep(*(delivery(slow, f"b{n}") for n in range(3))) == [Stored.STORED] * 2 + [Stored.LIMITED]
    hooks.later(600)
    assert hooks.keep(*(delivery(slow, f"c{n}") for n in range(7))) == [Stored.STORED] * 6 + [Stored.LIMITED]


def refused(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json"), (
        response.text
    )
    problem = response.json()
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["detail"].endswith(".")
    assert problem["remedy"].endswith(".")


BODY = b'{"event": "paid", "amount": 12.50, "method": "card"}'
DEEP = b'{"a":' * 70 + b"1" + b"}" * 70
REFUSALS: Sequence[tuple[str, httpx.Request, int, str]] = (
    ("no endpoint", post("unknown", BODY), 404, "webhook_unknown"),
    ("none at all", post("", BODY), 404, "webhook_unknown"),
    ("a name that is none", post("a%00b", BODY), 404, "webhook_unknown"),
    ("paused", post("paused", BODY), 503, "webhook_paused"),
    ("elsewhere", post("fenced", BODY), 403, "address_not_allowed"),
    (
        "method",
        httpx.Request("PUT", "http://x/hooks/e1", headers=signed(BODY), content=BODY),
        405,
        "method_not_allowed",
    ),
    ("text", post("e1", BODY, signed(BODY) | {"content-type": "text/plain"}), 415, "type_unknown"),
    ("no type", post("e1", BODY, {}), 415, "type_unknown"),
    (
        "charset",
        post("e1", BODY, signed(BODY) | {"content-type": "application/json; charset=utf-16"}),
        415,
        "charset_unknown",
    ),
    (
        "charset of no letters",
        post("e1", BODY, signed(BODY) | {"content-type": b"application/json; charset=\xff"}),
        415,
        "charset_unknown",
    ),
    (
        "no letters twice",
        post("e1", b'{"\\ud800":1,"\\ud800":2}', signed(b'{"\\ud800":1,"\\ud800":2}', NOW)),
        400,
        "body_unreadable",
    ),
    ("gzip", post("e1", BODY, signed(BODY) | {"content-encoding": "gzip"}), 415, "encoding_unknown"),
    ("20 MB", post("e1", b" " * 20_000_000), 413, "body_too_large"),
    ("unsigned", post("e1", BODY, {"content-type": "application/json"}), 401, "unsigned"),
    ("forged", post("e1", BODY, signed(BODY, secret="x" * 32)), 401, "wrong_signature"),
    ("another's body", post("e1", BODY + b" ", signed(BODY)), 401, "wrong_signature"),
    ("late", post("e1", BODY, signed(BODY, NOW - 301)), 401, "stale_signature"),
    ("early", post("e1", BODY, signed(BODY, NOW + 301)), 401, "stale_signature"),
    ("no JSON", post("e1", b"{", signed(b"{", NOW)), 400, "body_unreadable"),
    ("NaN", post("e1", b'{"a":NaN}', signed(b'{"a":NaN}', NOW)), 400, "body_unreadable"),
    ("deep", post("e1", DEEP, signed(DEEP, NOW)), 400, "body_unreadable"),
    ("twice", post("e1", b'{"a":1,"a":2}', signed(b'{"a":1,"a":2}', NOW)), 400, "body_unreadable"),
    ("latin-1", post("e1", b'{"a":"\xe9"}', signed(b'{"a":"\xe9"}', NOW)), 400, "body_unreadable"),
    ("bad form", post("e1", b"a=%ff", signed(b"a=%ff", NOW) | FORM), 400, "body_unreadable"),
    (
        "long event",
        post("e1", b'{"event":"%s"}' % (b"x" * 201), signed(b'{"event":"%s"}' % (b"x" * 201), NOW)),
        400,
        "unfit_name",
    ),
    ("zero", post("e1", b'{"event":"\\u0000"}', signed(b'{"event":"\\u0000"}', NOW)), 400, "unfit_name"),
)


@pytest.mark.parametrize(
    ("request_", "status", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS]
)
def test_what_is_refused_leaves_nothing_and_says_why(request_: httpx.Request, status: int, code: str) -> None:
    hooks = MemoryHooks()
    hooks.add("e1")
    hooks.add("paused", is_open=False)
    hooks.add("fenced", manner=Manner(networks=("203.0.113.0/24",)))
    intake = intake_over(hooks.store, lambda: NOW)
    (answer,) = calls(intake, request_)
    refused(answer, status, code)
    assert hooks.events() == []
    if status == 503:
        assert int(answer.headers["retry-after"]) > 0


def test_what_an_accepted_call_says_and_how_it_is_answered() -> None:
    hooks = MemoryHooks()
    manner = Manner(
        methods=("POST", "GET"),
        subject_from="body:who.id",
        order_from="header:x-order",
        delivery_from="header:x-id",
    )
    hooks.add("e1")
    hooks.add("w/n", manner=manner)
    hooks.add("open", verifies=False, manner=Manner(methods=("POST", "GET")))
    intake = intake_over(hooks.store, lambda: NOW)
    first = post("e1", BODY, signed(BODY, NOW))
    who = b'{"who":{"id":77}}'
    named = post(
        "w/n",
        who,
        signed(who, NOW) | {"x-id": "a", "x-order": "o", "x-atlas-event": "met"},
        "/api/v2/webhooks/receive/",
    )
    again = post("w/n", b"{}", signed(b"{}", NOW) | {"x-id": "a"})
    asked = httpx.Request("GET", "http://x/hooks/open?a=1&a=2&b=")
    form = post("open", b"name=Ana+B&tag=x&tag=y", FORM)
    array = post("open", b"[1.10]", {"content-type": "application/vnd.api+json; charset=utf-8"})
    elsewhere = httpx.Request("GET", "http://x/elsewhere")
    found = calls(intake, first, named, again, asked, form, array, elsewhere)
    assert [answer.status_code for answer in found] == [202, 202, 202, 202, 202, 202, 418]
    assert [answer.text for answer in found[:3]] == ['{"status":"accepted"}'] * 2 + ['{"status":"duplicate"}']
    said = {json.dumps(trigger, default=str): (subject, trigger) for _, subject, trigger in hooks.events()}
    triggers = [trigger for _, trigger in said.values()]
    paid, met, question, fields, numbers = triggers
    # Nothing in the body replaces what we say, and nothing of it is lost.
    assert (paid["method"], paid["sent"], str(paid["amount"])) == ("POST", {"method": "card"}, "12.50")
    assert (paid["endpoint_id"], paid["event"], paid["delivery_id"][:7]) == ("e1", "paid", "digest ")
    assert (met["event"], met["delivery_id"], met["who"]) == ("met", "own a", {"id": 77})
    assert [subject for subject, _ in said.values()] == [None, "77", None, None, None]
    assert (question["method"], question["a"], question["b"]) == ("GET", ["1", "2"], "")
    assert (fields["name"], fields["tag"]) == ("Ana B", ["x", "y"])
    assert str(numbers["body"][0]) == "1.10"
    assert hooks.store.events[1].order == "o"


def test_questions_are_answered_and_stored_nowhere() -> None:
    hooks = MemoryHooks()
    hooks.add("meta", scheme="meta")
    hooks.add("slack", scheme="slack")
    from webhook_calls import slack

    question = slack(b'{"type":"url_verification","challenge":"abc"}', int(NOW))
    token = f"hub.mode=subscribe&hub.verify_token={verify_token(SECRET)}&hub.challenge=123"
    right = httpx.Request("GET", f"http://x/hooks/meta?{token}")
    wrong = httpx.Request(
        "GET", "http://x/hooks/meta?hub.mode=subscribe&hub.verify_token=x&hub.challenge=123"
    )
    there = httpx.Request("HEAD", "http://x/hooks/meta")
    found = calls(
        intake_over(hooks.store, lambda: NOW),
        right,
        wrong,
        post("slack", question.body, dict(question.headers)),
        there,
    )
    assert [(answer.status_code, answer.text) for answer in (found[0], found[2], found[3])] == [
        (200, "123"), (200, "abc"), (200, ""),
    ]  # fmt: skip
    refused(found[1], 403, "challenge_refused")
    assert found[0].headers["content-type"].startswith("text/plain")
    assert hooks.events() == []


def test_addresses_behind_proxies() -> None:
    hooks = MemoryHooks()
    hooks.add("e1", manner=Manner(networks=("203.0.113.0/24", "2001:db8::/32")))

    def status(peer: str, forwarded: str | None, proxies: int) -> int:
        headers = signed(BODY, NOW) | ({} if forwarded is None else {"x-forwarded-for": forwarded})
        intake = intake_over(hooks.store, lambda: NOW, outside=Outside(proxies=proxies))
        (answer,) = calls(intake, post("e1", BODY, headers), peer=peer)
        return answer.status_code

    inside, outside = "203.0.113.9", "198.51.100.1"
    assert status(inside, None, 0) == 202
    assert status("::ffff:203.0.113.9", None, 0) == 202
    assert status(outside, inside, 0) == 403  # said by the caller itself
    assert status("10.0.0.1", inside, 1) == 202
    assert status("10.0.0.1", f"{inside}, {outside}", 1) == 403
    assert status("10.0.0.1", f"{inside}, {outside}", 2) == 202
    assert status("10.0.0.1", None, 1) == 403  # a proxy was passed by
    assert status("10.0.0.1", "2001:db8::1", 1) == 202
    assert status("10.0.0.1", "rubbish", 1) == 403


def test_what_stands_in_a_query_counts_only_where_the_address_is_signed() -> None:
    from webhook_calls import PUBLIC, mac

    from atlas_workflows.integrations.webhooks.schemes import all_schemes

    manner = Manner(methods=("POST", "GET", "DELETE"), public_url=PUBLIC)

    def asked(method: str, query: str, headers: dict[str, str] | None = None) -> httpx.Response:
        request = httpx.Request(method, f"http://x/hooks/e1?{query}", headers=headers)
        (answer,) = calls(intake_over(hooks.store, lambda: NOW), request)
        return answer

    for scheme in all_schemes().values():
        hooks = MemoryHooks()
        hooks.add("e1", scheme=scheme.name, manner=manner)
        for method in ("GET", "DELETE"):
            if not scheme.signs_url:
                status, code = (
                    (403, "challenge_refused")
                    if method == "GET" and scheme.challenge
                    else (405, "method_not_allowed")
                )
                refused(asked(method, "a=1", signed(b"", NOW)), status, code)
    hooks = MemoryHooks()
    hooks.add("e1", scheme="hubspot", manner=manner)
    time = str(int(NOW) * 1000)

    def hubspot(query: str) -> dict[str, str]:
        made = base64.b64encode(mac(SECRET, f"GET{PUBLIC}?{query}{time}".encode())).decode()
        return {"x-hubspot-signature-v3": made, "x-hubspot-request-timestamp": time}

    told = [asked("GET", query, hubspot(query)).text for query in ("a=1", "a=2", "a=1")]
    assert told == ['{"status":"accepted"}'] * 2 + ['{"status":"duplicate"}']
    refused(asked("GET", "a=3", hubspot("a=1")), 401, "wrong_signature")


def test_twilio_hears_of_the_address_that_it_was_given_and_gets_its_own_answer() -> None:
    from webhook_calls import PUBLIC, twilio

    hooks = MemoryHooks()
    hooks.add("e1", scheme="twilio")
    made = twilio(b'{"SmsStatus":"received","Body":"hi"}', int(NOW))
    request = httpx.Request(
        "POST", "http://10.0.0.7:8090/hooks/e1?a=1", headers=dict(made.headers), content=made.body
    )
    outside = Outside(public_url=PUBLIC.removesuffix("/hooks/e1") + "/")
    (answer,) = calls(intake_over(hooks.store, lambda: NOW, outside=outside), request)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml")
    assert "<Response>" in answer.text
    (wrong,) = calls(intake_over(hooks.store, lambda: NOW), request)
    refused(wrong, 401, "unsigned")


def test_slow_and_greedy_callers_are_bounded() -> None:
    hooks = MemoryHooks()
    hooks.add("e1")

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(60)

    async def flood() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    def streamed(content: Any) -> httpx.Request:
        return httpx.Request("POST", "http://x/hooks/e1", headers=signed(b"{}", NOW), content=content)

    (slow,) = calls(intake_over(hooks.store, bounds=Bounds(body_seconds=0.05)), streamed(drip()))
    refused(slow, 408, "body_too_slow")
    (large,) = calls(intake_over(hooks.store), streamed(flood()))
    refused(large, 413, "body_too_large")
    (busy,) = calls(intake_over(hooks.store, bounds=Bounds(most_bytes=MAX_BODY_BYTES - 1)), streamed(flood()))
    refused(busy, 503, "busy")


def test_nothing_that_strangers_send_stays() -> None:
    """Names of headers and types of content, of which a few short ones are remembered, as no signature stands in front of that."""
    hooks = MemoryHooks()
    hooks.add("e1")
    intake, long = intake_over(hooks.store), "x" * 500_000

    def send(number: int) -> None:
        given = {f"{long}{number}": "1", "content-type": f"application/json; {long}{number}"}
        (answer,) = calls(intake, post("e1", BODY, given))
        refused(answer, 401, "unsigned")

    send(0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(1, 9):
            send(number)
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] - before < len(long)
    finally:
        tracemalloc.stop()


def test_one_endpoint_leaves_room_for_the_others_and_holds_its_own_until_it_is_answered() -> None:
    hooks = MemoryHooks()
    greedy = hooks.add("e1")
    hooks.add("e2")
    bounds = Bounds(most_bytes=16 * MAX_BODY_BYTES)
    held: list[int] = []

    class Looking:
        async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
            held.append(bounds.taken)
            return await hooks.store.keep(deliveries)

    async def chunked() -> AsyncIterator[bytes]:
        yield BODY

    def to(endpoint_id: str) -> httpx.Request:
        headers = signed(BODY, NOW)
        return httpx.Request("POST", f"http://x/hooks/{endpoint_id}", headers=headers, content=chunked())

    slow = [bounds.take(greedy.id, MAX_BODY_BYTES) for _ in range(5)]
    assert slow == [True] * 4 + [False]
    before = bounds.taken
    intake = intake_over(hooks.store, lambda: NOW, bounds=bounds)
    intake.commits = GroupCommit(Looking())
    busy, other = calls(intake, to("e1"), to("e2"))
    refused(busy, 503, "busy")
    assert other.status_code == 202
    assert held == [
        before + len(BODY)
    ]  # what was reserved for a body of unknown length is given back once it is known
    for _ in range(4):
        bounds.give(greedy.id, MAX_BODY_BYTES)
    assert (bounds.taken, bounds.of) == (0, {})
    (later,) = calls(intake_over(hooks.store, lambda: NOW, bounds=bounds), to("e1"))
    assert later.status_code == 202


def test_group_commit_looks_for_the_one_that_cannot_be_held() -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1", rate_limit=1000)
    hooks.store.unfit = lambda each: each.key in ("k3", "k77")
    batches: list[int] = []

    class Counting:
        async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
            batches.append(len(deliveries))
            await asyncio.sleep(0)
            return await hooks.store.keep(deliveries)

    async def trial() -> list[Stored]:
        commits = GroupCommit(Counting(), at_once=50)
        return await asyncio.gather(*(commits.keep(delivery(endpoint, f"k{n}")) for n in range(100)))

    found = asyncio.run(trial())
    assert [n for n, answer in enumerate(found) if answer is Stored.UNFIT] == [3, 77]
    assert len(hooks.events()) == 98
    assert max(batches) == 50
    assert {event.key for event in hooks.store.events} == {f"k{n}" for n in range(100) if n not in (3, 77)}


def test_a_store_that_is_away_is_never_a_success() -> None:
    hooks = MemoryHooks()
    hooks.add("e1")

    class Away:
        async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
            raise StoreAway("gone")

    class Odd:
        async def keep(self, deliveries: Sequence[Delivery]) -> list[Stored]:
            raise RuntimeError("a fault of ours")

    for store in (Away(), Odd()):
        intake = intake_over(hooks.store, lambda: NOW)
        intake.commits = GroupCommit(store)
        (answer,) = calls(intake, post("e1", BODY, signed(BODY, NOW)))
        refused(answer, 503, "store_away")
    intake = intake_over(hooks.store, lambda: NOW)
    intake.commits = GroupCommit(hooks.store, most_waiting=0)
    (answer,) = calls(intake, post("e1", BODY, signed(BODY, NOW)))
    refused(answer, 503, "busy")


@settings(max_examples=300)
@given(**CALLS)
def test_no_call_whatever_is_in_it_is_a_fault_of_ours(**call: Any) -> None:
    hooks = MemoryHooks()
    add_endpoints(hooks, {})
    assert 200 <= asyncio.run(status_of(intake_over(hooks.store), **call)) < 500


@pytest.mark.postgres
def test_a_signed_call_starts_one_execution(atlas_dsn: str) -> None:
    """Through the whole path, as the application role, for two organizations at once."""
    world = PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    for organization, endpoint_id in ((ONE, "e1"), (TWO, "e2")):
        hooks.add(endpoint_id, organization, manner=Manner(subject_from="body:who"))
        workflow = replace(
            line("w", setting("x")), triggers=(Trigger("t", "webhook", {"endpoint_id": endpoint_id}),)
        )
        world.publish(workflow, organization)
    bodies = [json.dumps({"who": f"s{n % 3}", "n": n, "zero": "\0", "big": 2**70}).encode() for n in range(8)]
    poison, endless = b'{"who":"s","n":0.' + b"1" * 17_000 + b"}", b'{"who":"s","n":1e5000}'
    requests = [post(endpoint_id, body) for body in bodies for endpoint_id in ("e1", "e2")] + [
        post("e2", poison)
    ]
    from webhook_world import KEY

    found = calls(
        intake_over(PostgresWebhooks(atlas_dsn, Sealer((KEY,)))),
        *requests,
        *requests[:4],
        post("e2", endless),
    )
    refused(found.pop(), 400, "body_unreadable")
    refused(found[16], 422, "unstorable")
    assert {answer.status_code for place, answer in enumerate(found) if place != 16} == {202}
    assert [answer.json()["status"] for answer in found[17:]] == ["duplicate"] * 4
    handled = lane(world).round()
    assert (handled.taken, handled.started, handled.failed) == (16, 16, 0)
    assert world.rows(
        "SELECT organization_id::text, count(*) FROM atlas.workflow_executions GROUP BY 1 ORDER BY 1"
    ) == [(ONE, 8), (TWO, 8)]
    (data,) = world.rows(
        "SELECT trigger_data::text FROM atlas.workflow_executions WHERE (trigger_data ->> 'n')::int = 0 LIMIT 1"
    )[0]
    assert (loads(data)["big"], loads(data)["zero"], loads(data)["event"]) == (2**70, "\ufffd", "webhook")
    with application_transaction(world.connection, TWO):
        assert world.rows(
            "SELECT count(*), count(DISTINCT organization_id) FROM atlas.webhook_deliveries"
        ) == [(8, 1)]
    world.close()


@pytest.mark.postgres
def test_deliveries_of_one_order_are_handled_one_after_the_other(atlas_dsn: str) -> None:
    world, other = PostgresWorld(atlas_dsn, now=None), PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    endpoint = hooks.add("e1")
    batch = [
        delivery(endpoint, "a1", order="a"),
        delivery(endpoint, "b1", order="b"),
        delivery(endpoint, "a2", order="a"),
        delivery(endpoint, "c"),
    ]
    hooks.keep(*batch)
    take = "SELECT event_key FROM atlas.event_outbox WHERE handled_at IS NULL"
    from atlas_workflows.db.sql_files import sql

    with world.connection.transaction(), other.connection.transaction():
        given = {"after": "00000000-0000-0000-0000-000000000000", "limit": 50}
        first = [row[1] for row in world.connection.execute(sql("events/take"), given).fetchall()]
        second = other.connection.execute(sql("events/take"), given).fetchall()
    assert first == [f"webhook {batch[place].id}" for place in (0, 1, 3)]
    assert second == []  # what comes behind waits for who has the first
    assert lane(world).round().taken == 3
    assert world.rows(take) == [(f"webhook {batch[2].id}",)]
    assert lane(other).round().taken == 1
    world.close()
    other.close()


@pytest.mark.postgres
def test_a_store_of_postgres_that_breaks_comes_back(atlas_dsn: str) -> None:
    world = PostgresWorld(atlas_dsn, now=None)
    hooks = PostgresHooks(world)
    endpoint = hooks.add("e1")
    end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'atlas-webhooks'"

    async def trial(store: PostgresWebhooks) -> list[Any]:
        found: list[Any] = [await store.keep([delivery(endpoint, "a")])]
        assert store._idle[0].session.info.get_parameters()["tcp_user_timeout"] == "10000"
        world.connection.execute(end)
        for key in ("b", "b"):
            try:
                found.append(await store.keep([delivery(endpoint, key)]))
            except StoreAway:
                found.append("away")
        with pytest.raises(DeliveryUnfit):
            await store.keep(
                [delivery(endpoint, "c", trigger={"n": 0}), delivery(endpoint, os.urandom(9000).hex())]
            )
        return found

    assert hooks.over(trial) == [[Stored.STORED], "away", [Stored.STORED]]
    # A right or a column that is missing is not the caller's fault, so it shall come again.
    for breaking, mending in (
        (
            "REVOKE INSERT ON atlas.webhook_deliveries FROM atlas_app",
            "GRANT INSERT ON atlas.webhook_deliveries TO atlas_app",
        ),
        (
            "ALTER TABLE atlas.webhook_deliveries RENAME event TO said",
            "ALTER TABLE atlas.webhook_deliveries RENAME said TO event",
        ),
    ):
        world.connection.execute(breaking)
        with pytest.raises(StoreAway):
            hooks.keep(delivery(endpoint, "d"))
        world.connection.execute(mending)
    assert hooks.keep(delivery(endpoint, "d")) == [Stored.STORED]
    world.close()
