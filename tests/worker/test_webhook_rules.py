"""The rules of an endpoint: each refuses what it says, is noted with its reason, and lets the rest through."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from structlog.testing import capture_logs
from test_events_at_work import lane
from test_webhook_endpoints import run
from webhook_world import KEY, MemoryHooks, PostgresHooks, calls, delivery, intake_over, post, signed
from workflows import line, node
from world import ONE, TWO, PostgresWorld

from atlas_workflows.errors import InputError
from atlas_workflows.graph.model import Trigger
from atlas_workflows.integrations.webhooks import refusals
from atlas_workflows.integrations.webhooks.address_rates import AddressRates
from atlas_workflows.integrations.webhooks.endpoint import AskedHeader
from atlas_workflows.integrations.webhooks.manner import Manner, read_manner
from atlas_workflows.integrations.webhooks.ports import Stored
from atlas_workflows.integrations.webhooks.refusals import MOST_ADDRESSES, Refusal, RefusalNotes
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.webhooks.endpoints import list_webhooks
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

NOW = 1_800_000_000.0
BODY = b'{"event":"paid","amount":12,"customer":{"email":"Ana@Example.com","tags":["a"]}}'
FORM = {"content-type": "application/x-www-form-urlencoded"}


def sent(manner: Manner, body: bytes = BODY, **headers: str) -> tuple[httpx.Response, MemoryHooks]:
    """What an endpoint with this manner answers to a signed call."""
    hooks = MemoryHooks()
    hooks.add("e1", manner=manner)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    (answer,) = calls(intake_over(hooks.store, lambda: NOW), post("e1", body, signed(body, NOW) | named))
    return answer, hooks


# What the rule is, the code under which it refuses, its status, and headers with which it does not.
RULES: tuple[tuple[str, Manner, str, int, dict[str, str]], ...] = (
    ("networks", Manner(networks=("2001:db8::/32",)), "address_not_allowed", 403, {}),
    ("origins", Manner(origins=("https://a.example",)), "origin_not_allowed", 403, {"origin": "https://a.example"}),
    ("a header", Manner(headers=("X-Shop",)), "header_lacking", 403, {"x_shop": "any"}),
    ("a header's value", Manner(headers=("X-Shop: 7",)), "header_lacking", 403, {"x_shop": "7"}),
    ("kinds", Manner(content_types=("form",)), "type_not_taken", 415, {}),
    ("size", Manner(max_bytes=20), "body_too_large", 413, {}),
    ("expiry", Manner(expires_at="2027-01-15T08:00:00+00:00"), "webhook_expired", 410, {}),
)  # fmt: skip


@pytest.mark.parametrize(
    ("manner", "code", "status", "right"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_a_rule_refuses_and_is_noted(manner: Manner, code: str, status: int, right: dict[str, str]) -> None:
    answer, hooks = sent(manner)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    (noted,) = hooks.store.refusals
    assert (noted.code, noted.status, noted.address, noted.times) == (code, status, "198.51.100.7", 1)
    assert noted.fact.endswith(".")
    assert hooks.events() == []
    if right:
        assert sent(manner, **right)[0].status_code == 202
    nothing = sent(Manner())
    assert (nothing[0].status_code, nothing[1].store.refusals) == (202, [])


def test_a_size_is_kept_to_also_where_none_was_announced() -> None:
    async def flood() -> Any:
        yield BODY

    hooks = MemoryHooks()
    hooks.add("e1", manner=Manner(max_bytes=20))
    request = httpx.Request("POST", "http://x/hooks/e1", headers=signed(BODY, NOW), content=flood())
    (answer,) = calls(intake_over(hooks.store, lambda: NOW), request)
    assert (answer.status_code, hooks.store.refusals[0].code) == (413, "body_too_large")


def test_what_is_not_wanted_is_a_success_that_starts_nothing() -> None:
    """A provider that hears a failure sends the same again for days, and then no more of anything."""
    for manner, code, fact in (
        (Manner(events=("refunded",)), "event_not_wanted", "is of paid"),
        (Manner(event_from="header:x-kind", events=("paid",)), "event_not_wanted", "has no event"),
        (
            Manner(conditions={"field": "trigger.amount", "operator": "greater_than", "value": 50}),
            "condition_not_met", "trigger.amount is 12, asked: greater than 50",
        ),
    ):  # fmt: skip
        answer, hooks = sent(manner)
        assert (answer.status_code, answer.json()) == (202, {"status": "passed_over", "code": code})
        (noted,) = hooks.store.refusals
        assert (noted.code, noted.status) == (code, 200)
        assert fact in noted.fact
        assert hooks.events() == []
    right = Manner(events=("paid",), conditions={"field": "trigger.who", "operator": "equals", "value": "ana@example.com"},
                   mapping={"who": "body:customer.email"})  # fmt: skip
    answer, hooks = sent(right)
    assert (answer.json(), len(hooks.events())) == ({"status": "accepted"}, 1)


def test_fields_are_mapped_and_what_we_say_is_never_replaced() -> None:
    manner = Manner(
        mapping={
            "who": "body:customer.email",
            "tags": "body:customer.tags",
            "shop": "header:x-shop",
            "none": "body:x.y",
        }
    )
    forged = b'{"signed":false,"headers":{"x-key":"s"},"customer":{"email":"a@b.c","tags":["a"]}}'
    hooks = MemoryHooks()
    hooks.add("e1", manner=manner, asked=(AskedHeader("x-key", "s", "s"),))
    request = post("e1", forged, signed(forged, NOW) | {"x-shop": "7"})
    calls(intake_over(hooks.store, lambda: NOW), request)
    ((_, _, trigger),) = hooks.events()
    assert (trigger["who"], trigger["tags"], trigger["shop"]) == ("a@b.c", ["a"], "7")
    assert "none" not in trigger
    assert (trigger["signed"], trigger["headers"]) == (True, {})
    assert trigger["sent"] == {"signed": False, "headers": {"x-key": "s"}}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"content_types": ["xml"]}, "content_types"),
        ({"content_types": []}, "content_types"),
        ({"max_bytes": 0}, "max_bytes"),
        ({"max_bytes": 2_000_000}, "max_bytes"),
        ({"per_address": 0}, "per_address"),
        ({"headers": ["a b"]}, "headers"),
        ({"headers": "x"}, "headers"),
        ({"events": [""]}, "events"),
        ({"networks": ["10.0.0.0/8"] * 21}, "networks"),
        ({"subject_by": "shoe_size"}, "subject_by"),
        ({"mapping": {"signed": "body:a"}}, "mapping"),
        ({"mapping": {"a": "trigger.b"}}, "mapping"),
        ({"mapping": {"a": 1}}, "mapping"),
        ({"mapping": []}, "mapping"),
        ({"conditions": {"field": "trigger.a", "operator": "tastes_like"}}, "conditions"),
        ({"conditions": "trigger.a"}, "conditions"),
        ({"conditions": {"field": "amount", "operator": "equals", "value": 1}}, "conditions"),
        (
            {
                "conditions": {
                    "operator": "not",
                    "conditions": [{"field": "contact.a", "operator": "is_true"}],
                }
            },
            "conditions",
        ),
        (
            {"conditions": {"field": "trigger.a", "operator": "equals", "value": "{{ contact.a }}"}},
            "conditions",
        ),
        ({"expires_at": "tomorrow"}, "expires_at"),
        ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"order_from": "cookie:x"}, "order_from"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_by_name(document: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as refused:
        read_manner(document)
    assert refused.value.attributes["field"] == f"manner.{field}"
    assert refused.value.remedy


def test_an_instant_is_kept_in_one_form() -> None:
    for written in ("2026-12-31T18:00:00+20:00", "2026-W53-3T04:00:00-18:00", "2026-12-30T22:00:00Z"):
        assert read_manner({"expires_at": written}).expires_at == "2026-12-30T22:00:00+00:00", written


def test_one_address_does_not_crowd_out_the_others() -> None:
    now = [0.0]
    rates = AddressRates(lambda: now[0], most=3)
    assert [rates.has_room("e", "a", 2) for _ in range(3)] == [True, True, False]
    assert rates.has_room("e", "b", 2)
    now[0] = 0.5
    assert [rates.has_room("e", "a", 2) for _ in range(2)] == [True, False]
    for address in "cdef":
        rates.has_room("e", address, 2)
    assert len(rates._full_at) == 3
    hooks = MemoryHooks()
    hooks.add("e1", manner=Manner(per_address=1))
    intake = intake_over(hooks.store, lambda: NOW)
    first, second = b'{"n":1}', b'{"n":2}'
    answers = calls(intake, post("e1", first, signed(first, NOW)), post("e1", second, signed(second, NOW)))
    assert [answer.status_code for answer in answers] == [202, 429]
    assert answers[1].headers["retry-after"] == "1"
    assert [noted.code for noted in hooks.store.refusals] == ["address_limited"]


def test_what_was_sent_does_not_stand_for_what_we_do_not_say() -> None:
    forged = b'{"event":"paid","headers":{"x-key":["secret 1"]}}'
    manner = Manner(event_from="header:x-kind")
    hooks = MemoryHooks()
    hooks.add("e1", manner=manner)
    calls(intake_over(hooks.store, lambda: NOW), post("e1", forged, signed(forged, NOW)))
    ((_, _, trigger),) = hooks.events()
    assert trigger["headers"] == {}
    assert "event" not in trigger
    assert trigger["sent"] == {"event": "paid", "headers": {"x-key": ["secret 1"]}}


def test_each_trigger_hears_of_a_header_that_several_ask() -> None:
    hooks = MemoryHooks()
    asks = tuple(
        AskedHeader("x-key", wanted, told)
        for wanted, told in (("s", "secret 1"), ("s", "secret 2"), ("t", "t"), ("s", "s"))
    )
    hooks.add("e1", asked=asks)
    calls(intake_over(hooks.store, lambda: NOW), post("e1", BODY, signed(BODY, NOW) | {"x-key": "s"}))
    ((_, _, trigger),) = hooks.events()
    assert trigger["headers"] == {"x-key": ["secret 1", "secret 2", "s"]}


def test_a_get_that_brings_something_is_asked_for_its_headers() -> None:
    hooks = MemoryHooks()
    manner = Manner(methods=("POST", "GET"), headers=("x-token: s",))
    hooks.add("e1", scheme="meta", verifies=False, manner=manner)
    get = "http://proxy.internal/hooks/e1?a=1"
    bare, right = calls(
        intake_over(hooks.store, lambda: NOW),
        httpx.Request("GET", get),
        httpx.Request("GET", get, headers={"x-token": "s"}),
    )
    assert (bare.status_code, bare.json()["code"]) == (403, "header_lacking")
    assert right.is_success
    assert len(hooks.events()) == 1


def test_a_flood_of_refusals_is_counted_and_fills_nothing() -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1")

    async def flood() -> None:
        notes = RefusalNotes(hooks.store, pause=0.0)
        for number in range(1_000):
            notes.note(
                Refusal(endpoint, 401, "unsigned", "No\0 \udcff." + "x" * 9_000, f"10.0.0.{number % 200}")
            )
        await notes.written()

    asyncio.run(flood())
    noted = hooks.store.refusals
    assert len(noted) == MOST_ADDRESSES + 1
    assert sum(each.times for each in noted) == 1_000
    assert all(len(each.fact.encode()) < 2_000 and "\0" not in each.fact for each in noted)


def test_what_is_too_much_to_be_noted_is_told_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_ROWS", 2)
    hooks = MemoryHooks()
    endpoint = hooks.add("e1")

    async def flood() -> None:
        notes = RefusalNotes(hooks.store, pause=0.0)
        for code in ("a", "b", "c", "b", "d"):
            notes.note(Refusal(endpoint, 401, code, "No.", times=3))
        await notes.written()
        await notes._write_once()

    with capture_logs() as told:
        asyncio.run(flood())
    assert sum(each.times for each in hooks.store.refusals) == 9
    assert [each["times"] for each in told] == [6], "once"


def test_what_cannot_be_written_is_counted_together_with_what_comes_meanwhile() -> None:
    hooks = MemoryHooks()
    endpoint = hooks.add("e1")

    async def counted() -> None:
        notes = RefusalNotes(PostgresWebhooks("postgresql://127.0.0.1:1/none", None), pause=60.0)
        notes.note(Refusal(endpoint, 401, "unsigned", "First.", times=2))
        writing = asyncio.create_task(notes._write_once())
        await asyncio.sleep(0)
        notes.note(Refusal(endpoint, 401, "unsigned", "Second."))
        await writing
        notes.store = hooks.store
        await notes.written()

    asyncio.run(counted())
    (noted,) = hooks.store.refusals
    assert (noted.times, noted.fact) == (3, "Second.")


@pytest.fixture
def hooks(atlas_dsn: str) -> Iterator[PostgresHooks]:
    found = PostgresWorld(atlas_dsn, now=None)
    yield PostgresHooks(found)
    found.close()


def asked(hooks: PostgresHooks, endpoint_id: str, body: bytes, **headers: str) -> httpx.Response:
    """The answer to a signed call by the database's endpoint."""
    store = PostgresWebhooks(hooks.world.dsn, Sealer((KEY,)))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    (answer,) = calls(intake_over(store), post(endpoint_id, body, signed(body) | named))
    return answer


@pytest.mark.postgres
def test_rules_are_kept_in_their_columns_noted_and_listed(hooks: PostgresHooks, tmp_path: Any) -> None:
    condition = tmp_path / "condition.json"
    condition.write_text('{"field": "trigger.amount", "operator": "greater_than", "value": 10}')
    hooks.add("e1")
    run(
        hooks, "set", "e1", "--origin", "https://a.example", "--header", "X-Shop: 7", "--conditions", str(condition), "--map",
        "who=body:customer.email", "--expires", "2100-01-01T00:00:00Z", "--event", "paid", "--event", "refunded",
    )  # fmt: skip
    columns = (
        "allowed_origins, transform_payload, filter_conditions ->> 'value', expires_at IS NOT NULL, manner"
    )
    assert hooks.world.rows(f"SELECT {columns} FROM atlas.workflow_webhooks") == [
        (["https://a.example"], {"who": "body:customer.email"}, "10", True, {"headers": ["X-Shop: 7"], "events": ["paid", "refunded"]})
    ]  # fmt: skip
    right = {"origin": "https://a.example", "x_shop": "7"}
    assert asked(hooks, "e1", BODY, **right).json() == {"status": "accepted"}
    assert asked(hooks, "e1", BODY).json()["code"] == "origin_not_allowed"
    assert asked(hooks, "e1", b'{"event":"paid","amount":3}', **right).json()["code"] == "condition_not_met"
    for _ in range(2):
        assert asked(hooks, "e1", b'{"event":"lost"}', **right).json()["code"] == "event_not_wanted"
    ((_, _, trigger),) = hooks.events()
    assert trigger["who"] == "Ana@Example.com"
    assert "4 were refused or passed over" in run(hooks, "show", "e1").output
    # Another setting leaves the rules as they are; one that is cleared counts no more.
    run(hooks, "set", "e1", "--per-minute", "50", "--clear", "events")
    assert asked(hooks, "e1", b'{"event":"lost","amount":11}', **right).status_code == 202
    assert asked(hooks, "e1", b'{"event":"lost","amount":10}', **right).json()["code"] == "condition_not_met"
    listed = json.loads(listing(hooks, "--json"))["deliveries"]
    times: dict[tuple[str, str | None], int] = {}
    for each in listed:  # a row is a minute's, and a minute may be over in between
        times[each["outcome"], each["code"]] = times.get((each["outcome"], each["code"]), 0) + each["times"]
    assert times == {
        ("stored", None): 2, ("refused", "origin_not_allowed"): 1, ("passed_over", "condition_not_met"): 2,
        ("passed_over", "event_not_wanted"): 2,
    }  # fmt: skip
    assert "trigger.amount is 10, asked: greater than 10" in listing(hooks, "--code", "condition_not_met")
    assert "waits to be handled" in listing(hooks, "--outcome", "stored", "--event", "paid")
    assert "0 shown" in listing(hooks, "--outcome", "refused", "--since", "2099-01-01")
    assert BODY.decode() not in str(hooks.world.rows("SELECT * FROM atlas.webhook_refusals"))
    hooks.world.connection.execute("UPDATE atlas.workflow_webhooks SET expires_at = now()")
    assert asked(hooks, "e1", b'{"amount":12}', **right).json()["code"] == "webhook_expired"
    assert hooks.keep(delivery(hooks.over(lambda store: store.endpoint("e1")), "k")) == [Stored.CLOSED]
    hooks.world.connection.execute(
        "UPDATE atlas.webhook_refusals SET refused_at = now() - interval '31 days'"
    )
    assert hooks.world.outbox.forget() >= 4
    assert "0 shown" in listing(hooks, "--outcome", "refused")


@pytest.mark.postgres
def test_refusals_of_no_address_are_one_row_and_one_that_cannot_be_kept_costs_no_other(
    hooks: PostgresHooks,
) -> None:
    endpoint = hooks.add("e1")

    async def noted(store: PostgresWebhooks) -> None:
        notes = RefusalNotes(store, pause=0.0)
        for address in (None, "", "192.0.2.1"):
            notes.note(Refusal(endpoint, 401, "unsigned", "No.", address))
        await notes.written()
        poison = Refusal(endpoint, 401, "unsigned", "A letter that is none: \0.", "192.0.2.2")
        await store.keep_refusals([poison, Refusal(endpoint, 401, "unsigned", "No.", "192.0.2.3")])

    hooks.over(noted)
    found = hooks.world.rows(
        "SELECT address, sum(times)::int FROM atlas.webhook_refusals GROUP BY 1 ORDER BY 1"
    )
    assert found == [("", 2), ("192.0.2.1", 1), ("192.0.2.3", 1)]
    hooks.world.connection.execute(
        "UPDATE atlas.workflow_webhooks SET total_requests = 7, last_triggered_at = '2024-02-03T00:00:00Z'"
    )
    (seen,) = list_webhooks(hooks.world.connection, ONE)
    assert (seen.refused, seen.taken, seen.last_at, seen.ever_taken) == (4, 0, None, 7)
    assert (str(seen.ever_last_at), "ever_taken" in seen.to_json()) == ("2024-02-03 00:00:00+00:00", False)


def listing(hooks: PostgresHooks, *words: str) -> str:
    from typer.testing import CliRunner

    from atlas_workflows.cli.webhook import app

    said = CliRunner().invoke(
        app, ["deliveries", "e1", "--organization", ONE, "--dsn", hooks.world.dsn, *words]
    )
    assert said.exit_code == 0, said.output
    return str(said.output)


@pytest.mark.postgres
def test_what_a_trigger_asks_of_its_calls_is_asked(hooks: PostgresHooks) -> None:
    """A trigger's headers and its wish for signed calls; a header whose value is a secret is compared and never stored."""
    sealed = Sealer((KEY,)).seal("s3cret-value")
    secret = hooks.world.rows(
        "INSERT INTO atlas.secrets AS s (id, organization_id, sealed, key_id, hint) VALUES (gen_random_uuid(), %s, %s, 'k', 'x')"
        " RETURNING s.id::text", ONE, sealed,
    )[0][0]  # fmt: skip
    wishes = {"headers": {"X-Shop": "7", "X-Key": {"$secret": secret}}, "verify_signature": True}
    listening = replace(
        line("shop", node("n")), triggers=(Trigger("t", "webhook", {"endpoint_id": "e1", **wishes}),)
    )
    hooks.add("e1")
    hooks.world.publish(listening)
    for number, headers in enumerate(
        ({"x_shop": "7"}, {"x_shop": "8", "x_key": "s3cret-value"}, {"x_shop": "7", "x_key": "wrong"})
    ):
        assert asked(hooks, "e1", b'{"n":%d}' % number, **headers).status_code == 202
        assert lane(hooks.world).round().started == 0
    assert asked(hooks, "e1", b'{"n":9}', x_shop="7", x_key="s3cret-value").status_code == 202
    assert lane(hooks.world).round().started == 1
    assert "s3cret-value" not in str(hooks.world.rows("SELECT data::text FROM atlas.event_outbox"))
    why = str(hooks.world.rows("SELECT * FROM atlas.enrolment_refusals"))
    assert "headers" in why
    assert "s3cret-value" not in why
    run(hooks, "set", "e1", "--unsigned")
    store = PostgresWebhooks(hooks.world.dsn, Sealer((KEY,)))
    bare = {"content-type": "application/json", "x-shop": "7", "x-key": "s3cret-value"}
    (answer,) = calls(intake_over(store), post("e1", b'{"n":10}', bare))
    assert (answer.status_code, lane(hooks.world).round().started) == (202, 0)


@pytest.mark.postgres
def test_a_member_is_found_by_what_the_caller_knows(hooks: PostgresHooks) -> None:
    world = hooks.world
    world.connection.execute(
        "CREATE TABLE public.leads (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), organization_id uuid, email text, phone text, external_id text)"
    )
    ana = world.rows(
        "INSERT INTO public.leads (organization_id, email, phone, external_id) VALUES (%s, ' ana@example.COM', '+44 7700 900123', 'X-1'),"
        " (%s, 'two@example.com', NULL, NULL), (%s, 'two@example.com', NULL, NULL), (gen_random_uuid(), 'other@example.com', '1234567', 'X-2')"
        " RETURNING id::text", ONE, ONE, ONE,
    )[0][0]  # fmt: skip
    endpoints = {
        by: hooks.add(by, manner=Manner(subject_from="body:who", subject_by=by))
        for by in ("email", "phone", "external_id")
    }
    world.publish(replace(line("greet", node("n")), triggers=(Trigger("t", "webhook", {}),)))
    told = [
        ("email", "Ana@Example.com", f"lead:{ana}"), ("email", "two@example.com", None), ("email", "other@example.com", None),
        ("phone", "0044 (7700) 900-123", f"lead:{ana}"), ("phone", "123", None), ("phone", "1234567", None),
        ("external_id", "X-1", f"lead:{ana}"), ("external_id", "x-1", None), ("external_id", "X-2", None),
    ]  # fmt: skip
    for number, (by, who, _) in enumerate(told):
        assert hooks.keep(delivery(endpoints[by], f"k{number}", subject=who)) == [Stored.STORED]
    assert lane(world).round().started == len(told)
    found = [subject for (subject,) in world.rows("SELECT subject FROM atlas.event_outbox ORDER BY id")]
    assert found == [subject for _, _, subject in told]
    # Who comes into being later is not whom it was about: what is handled again starts nothing a second time.
    world.connection.execute(
        "INSERT INTO public.leads (organization_id, email, external_id) VALUES (%s, 'other@example.com', 'x-1')",
        [ONE],
    )
    world.connection.execute("UPDATE atlas.event_outbox SET handled_at = NULL, started = NULL")
    again = lane(world).round()
    assert (again.taken, again.started) == (len(told), 0)
    assert [
        subject for (subject,) in world.rows("SELECT subject FROM atlas.event_outbox ORDER BY id")
    ] == found


@pytest.mark.postgres
def test_a_look_that_fails_stops_nobody_and_is_made_again_by_a_replay(hooks: PostgresHooks) -> None:
    world = hooks.world
    world.connection.execute(
        "CREATE TABLE public.leads (id uuid, organization_id uuid, phone bigint, email text)"
    )
    ana = world.rows(
        "INSERT INTO public.leads VALUES (gen_random_uuid(), %s, 447700900123, 'a@b.c') RETURNING id::text",
        ONE,
    )[0][0]
    by_phone = hooks.add("phone", manner=Manner(subject_from="body:who", subject_by="phone"))
    world.publish(replace(line("greet", node("n")), triggers=(Trigger("t", "webhook", {}),)))
    hooks.keep(delivery(by_phone, "slow", subject="+44 7700 900123"), delivery(hooks.add("plain"), "quick"))
    rows = "SELECT subject, error FROM atlas.event_outbox ORDER BY data -> 'trigger' ->> 'n' DESC"
    with psycopg.connect(world.dsn) as other:
        other.execute("LOCK TABLE public.leads IN ACCESS EXCLUSIVE MODE")
        done = lane(world).round()
    assert (done.started, done.failed) == (1, 1)
    (subject, why), quick = world.rows(rows)
    assert (subject, quick) == (None, (None, None))
    assert "cannot be looked up" in why
    world.connection.execute(
        "UPDATE atlas.event_outbox SET handled_at = NULL, error = NULL WHERE error IS NOT NULL"
    )
    assert lane(world).round().started == 1
    assert world.rows(rows)[0] == (f"lead:{ana}", None)


@pytest.mark.postgres
def test_what_triggers_ask_of_calls_follows_what_is_published(hooks: PostgresHooks) -> None:
    def publish(name: str, **parameters: Any) -> str:
        found = replace(line(name, node("n")), triggers=(Trigger("t", "webhook", parameters),))
        return hooks.world.publish(found)

    def asks(endpoint_id: str, organization: str = ONE) -> list[tuple[str, str]]:
        asked = "SELECT atlas.headers_asked(%s, %s)"
        ((told,),) = hooks.world.rows(asked, organization, endpoint_id)
        return [(each["name"], each["value"]) for each in told or ()]

    workflow = publish("shop", endpoint_id="e1", headers={"X-Shop": "7"})
    publish("everywhere", headers={"X-All": "1"})
    publish("nowhere", endpoint_id="e1", headers={})
    assert (asks("e1"), asks("e2")) == ([("x-all", "1"), ("x-shop", "7")], [("x-all", "1")])
    assert asks("e1", TWO) == []
    publish("shop", endpoint_id="e1", headers={"X-Shop": "8", "X-Odd": {"$secret": "no id"}})
    assert [name for name, _ in asks("e1")] == ["x-all", "x-odd", "x-shop"]
    assert ("x-shop", "8") in asks("e1")
    by_hand = Trigger("t", "manual", {"headers": {"X-Hand": "1"}})  # no publication lets two have one id
    hooks.world.publish(
        replace(
            line("twice", node("n")), triggers=(by_hand, Trigger("t", "webhook", {"headers": {"X-Two": "2"}}))
        )
    )
    assert [name for name, _ in asks("e2")] == ["x-all", "x-two"]
    hooks.world.connection.execute("UPDATE atlas.workflows SET status = 'paused' WHERE name = 'twice'")
    hooks.world.connection.execute("UPDATE atlas.workflows SET status = 'paused' WHERE id = %s", [workflow])
    assert asks("e1") == [("x-all", "1")]
