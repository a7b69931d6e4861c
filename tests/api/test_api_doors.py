"""The doors besides keys: tokens of an identity provider, a browser's session, how often one may call, what surrounds a request."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import jwt
import psycopg
import pytest
from api_world import GENEROUS, USERS, World, build_world
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient
from jwt.algorithms import RSAAlgorithm
from uvicorn import Config
from uvicorn.server import ServerState

from atlas_workflows.api.app import create_app
from atlas_workflows.api.connections import Impatient
from atlas_workflows.api.database import Database
from atlas_workflows.api.doors.cookies import require_own_page
from atlas_workflows.api.doors.rates import Rate, take
from atlas_workflows.api.doors.strangers import Strangers
from atlas_workflows.api.doors.tokens import FETCH_SECONDS, Keys, Provider
from atlas_workflows.api.manners.bodies import Bounds
from atlas_workflows.api.manners.envelope import Envelope
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.errors import ConfigurationError
from crm_world import COACH, ONE, OWNER, TWO

ISSUER, AUDIENCE = "https://id.gym.example/", "atlas"
KEY = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
FOREIGN = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)


class Publisher:
    """An identity provider's key page; counts how often it is asked."""

    def __init__(self) -> None:
        self.asked, self.names, publisher = 0, ["one"], self

        class Page(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                publisher.asked += 1
                keys = [
                    json.loads(RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": name}
                    for name in publisher.names
                ]
                self.send_response(200)
                self.end_headers()
                self.wfile.write(json.dumps({"keys": keys}).encode())

            def log_message(self, *_: Any) -> None:
                return

        self.server = HTTPServer(("127.0.0.1", 0), Page)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def publisher() -> Iterator[Publisher]:
    found = Publisher()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture(scope="module")
def world(pg_server: EmbeddedServer, atlas_template: str, publisher: Publisher) -> Iterator[World]:
    """The world that believes the publisher."""
    name = f"api_{uuid4().hex[:12]}"
    provider = Provider(ISSUER, AUDIENCE, publisher.url)
    found = build_world(pg_server.create_database(name, template=atlas_template), provider=provider)
    yield found
    found.app.state.v1.counter.close()
    found.app.state.doors.database.close()
    pg_server.drop_database(name)


def _token(
    user: str, *, key: Any = KEY, kid: str | None = "one", algorithm: str = "RS256", **claims: Any
) -> str:
    now = datetime.now(UTC)
    given = {
        "sub": user,
        "iss": ISSUER,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + timedelta(minutes=5),
        **claims,
    }
    told = {name: value for name, value in given.items() if value is not None}
    return jwt.encode(told, key, algorithm=algorithm, headers={"kid": kid} if kid else None)


def _status(world: World, token: str, path: str = "session", **headers: str) -> int:
    bearer = {"Authorization": f"Bearer {token}", **headers}
    return world.client.get(f"/api/v2/{path}", headers=bearer).status_code


def test_a_user_may_what_the_membership_tables_say(world: World) -> None:
    for user, organization in USERS.values():
        told = world.client.get("/api/v2/session", headers={"Authorization": f"Bearer {_token(user)}"}).json()
        assert [each["organization"] for each in told["organizations"]] == [organization]
        assert _status(world, _token(user), "workflows") == 200
        other = TWO if organization == ONE else ONE
        assert _status(world, _token(user), "workflows", **{"X-Organization-ID": other}) == 403
    assert _status(world, _token(COACH), "audit") == 403
    assert _status(world, _token(str(uuid4())), "workflows") == 422, (
        "a user who belongs nowhere names no organization"
    )
    # What a user may write into his own token's metadata counts for nothing.
    forged = _token(COACH, user_metadata={"organization_id": TWO}, organization_id=TWO, role="owner")
    assert _status(world, forged, "workflows", **{"X-Organization-ID": TWO}) == 403


def test_who_acts_is_asked_anew_at_every_request(world: World) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO user_organizations (user_id, organization_id, role) VALUES (%s, %s, 'staff')", [OWNER, TWO])  # fmt: skip
        token = _token(OWNER)
        assert _status(world, token, "workflows") == 422, "of two organizations one has to be named"
        assert _status(world, token, "workflows", **{"X-Organization-ID": TWO}) == 200
        connection.execute(
            "DELETE FROM user_organizations WHERE user_id = %s AND organization_id = %s", [OWNER, TWO]
        )
        assert _status(world, token, "workflows", **{"X-Organization-ID": TWO}) == 403
        saved = world.client.post(
            "/api/v2/workflows", json={"name": "by a user"},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"},
        )  # fmt: skip
        actor = connection.execute("SELECT actor FROM atlas.audit_log WHERE subject_id = %s", [saved.json()["id"]]).fetchone()  # fmt: skip
    assert actor == (f"user:{OWNER}",)


def test_a_token_that_is_not_in_force_here_opens_nothing(world: World) -> None:
    now = datetime.now(UTC)
    bad = {
        "another issuer": _token(OWNER, iss="https://id.gym.example"),
        "another audience": _token(OWNER, aud="crm"),
        "no audience": _token(OWNER, aud=None),
        "no end": _token(OWNER, exp=None),
        "no user": _token(OWNER, sub=None),
        "a user that is no id": _token("ana"),
        "over": _token(OWNER, exp=now - timedelta(seconds=90)),
        "not yet": _token(OWNER, nbf=now + timedelta(seconds=90)),
        "another key": _token(OWNER, key=FOREIGN),
        "an unknown key": _token(OWNER, kid="two"),
        "no key named": _token(OWNER, kid=None),
        "a shared secret": _token(OWNER, key="x" * 64, algorithm="HS256"),
        "no signature": jwt.encode({"sub": OWNER}, "", algorithm="none", headers={"kid": "one"}),
        "cut": _token(OWNER)[:-4],
        "long": "e" * 20_000,
        "empty parts": "..",
    }
    assert {name: _status(world, token) for name, token in bad.items()} == dict.fromkeys(bad, 401)
    assert _status(world, _token(OWNER, exp=now - timedelta(seconds=50))) == 200, (
        "clocks may differ by a minute"
    )


def test_wrong_tokens_are_slowed_down_and_a_fresh_right_one_is_not(world: World) -> None:
    """Users get a new token every few minutes: it is verified, whoever else is behind the address."""
    generous, world.app.state.doors.strangers = world.app.state.doors.strangers, Strangers(Rate(6, 2))
    try:
        assert [_status(world, _token(OWNER, key=FOREIGN)) for _ in range(3)] == [401, 401, 429]
        assert _status(world, _token(OWNER, jti=uuid4().hex)) == 200
    finally:
        world.app.state.doors.strangers = generous


def test_keys_are_fetched_seldom_and_outlive_a_provider_that_is_away(publisher: Publisher) -> None:
    keys, before = Keys(publisher.url), publisher.asked
    assert keys.find("one", 0.0) is not None
    assert [keys.find(f"unknown {n}", 1.0 + n / 100) for n in range(100)] == [None] * 100
    assert publisher.asked == before + 1
    publisher.names.append("two")
    assert keys.find("two", 31.0) is not None, "a new key of the provider's is found without a restart"
    publisher.names.remove("two")
    assert publisher.asked == before + 2
    keys.url = "http://127.0.0.1:1/jwks"
    assert keys.find("one", 9_000.0) is not None
    never = Keys("http://127.0.0.1:1/jwks")
    for at in (0.0, 1.0, 29.0):
        with pytest.raises(HttpProblem) as refused:
            never.find("one", at)
        assert refused.value.code == "unavailable", "nobody knows yet whether the token is in force"
    never.url = publisher.url
    assert never.find("one", 31.0) is not None


def test_nobody_waits_for_a_fetch_that_another_one_makes(publisher: Publisher) -> None:
    keys, silent = Keys(publisher.url), socket.create_server(("127.0.0.1", 0))
    assert keys.find("one", 0.0) is not None
    keys.url = f"http://127.0.0.1:{silent.getsockname()[1]}/jwks"
    with ThreadPoolExecutor(1) as pool:
        fetching = pool.submit(keys.find, "one", 9_000.0)
        asked, _ = silent.accept()
        began = time.monotonic()
        assert keys.find("one", 9_000.0) is not None
        with pytest.raises(HttpProblem) as refused:
            keys.find("two", 9_000.0)
        assert (refused.value.code, refused.value.headers["Retry-After"]) == ("unavailable", "2")
        assert time.monotonic() - began < FETCH_SECONDS
        asked.close()
        silent.close()
        assert fetching.result() is not None


@pytest.mark.parametrize("algorithms", ["HS256", "none", "RS256,HS512", ","])
def test_only_what_is_signed_with_a_private_key_can_be_set_up(algorithms: str) -> None:
    with pytest.raises(ConfigurationError):
        Provider.of(ISSUER, AUDIENCE, "https://id/jwks", algorithms)
    with pytest.raises(ConfigurationError, match="by half"):
        Provider.of(ISSUER, "", "https://id/jwks", "RS256")
    assert Provider.of("", "", "", "RS256") is None


def test_unsafe_requests_of_a_session_come_from_our_own_page(world: World) -> None:
    world.session[0] = ("ops", True)
    try:
        answer = world.client.get("/api/v2/session")
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        wish = {"json": {"definition": {}}}
        own = {"Sec-Fetch-Site": "same-origin", "X-Atlas-CSRF": answer.json()["csrf"]}
        assert world.client.post("/api/v2/validate", headers=own, **wish).status_code == 200
        by_origin = {"Origin": "http://testserver", "X-Atlas-CSRF": answer.json()["csrf"]}
        assert world.client.post("/api/v2/validate", headers=by_origin, **wish).status_code == 200
        for wrong in (
            {}, {"X-Atlas-CSRF": own["X-Atlas-CSRF"]}, own | {"X-Atlas-CSRF": "x"}, own | {"Sec-Fetch-Site": "cross-site"},
            own | {"Sec-Fetch-Site": "same-site"}, own | {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "same-origin"},
            by_origin | {"Origin": "http://testserver:81"}, by_origin | {"Origin": "null"},
        ):  # fmt: skip
            refused = world.client.post("/api/v2/validate", headers=wrong, **wish)
            assert (refused.status_code, refused.json()["code"]) == (403, "cross_site"), wrong
    finally:
        world.session[0] = None
        world.client.cookies.clear()
    with pytest.raises(HttpProblem):
        require_own_page("DELETE", {"sec-fetch-site": "same-origin", "x-atlas-csrf": ""}, {})


def test_an_allowance_is_kept_to_by_callers_that_race(world: World) -> None:
    rate, now = Rate(60, 10), datetime(2026, 1, 1, tzinfo=UTC)
    database = Database(lambda: world.dsn, 16)

    def ask(at: datetime) -> HttpProblem | dict[str, str]:
        try:
            return take(database, "racer", rate, at)
        except HttpProblem as problem:
            return problem

    try:
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: ask(now), range(40)))
        refused = [answer for answer in answers if isinstance(answer, HttpProblem)]
        assert len(refused) == 30
        assert {problem.headers["Retry-After"] for problem in refused} == {"1"}
        left = sorted(int(a["X-RateLimit-Remaining"]) for a in answers if not isinstance(a, HttpProblem))
        assert left == list(range(10))
        assert isinstance(ask(now + timedelta(milliseconds=900)), HttpProblem), "a refusal costs nothing"
        assert not isinstance(ask(now + timedelta(seconds=1)), HttpProblem)
        assert isinstance(ask(now + timedelta(seconds=1)), HttpProblem)
        later = [ask(now + timedelta(hours=1)) for _ in range(11)]
        assert [isinstance(answer, HttpProblem) for answer in later] == [False] * 10 + [True]
        ask(now + timedelta(hours=24))
        take(database, "another", rate, now + timedelta(hours=24))
        take(database, "a third", rate, now + timedelta(hours=49))
        with database.session() as connection:
            found = connection.execute(
                "SELECT caller FROM atlas.api_rates WHERE caller IN ('racer', 'another')"
            )
            assert found.fetchall() == [], "who has not called for a day is forgotten"
    finally:
        database.close()


def test_a_caller_is_told_what_is_left_and_when_to_come_again(world: World) -> None:
    world.app.state.doors.rate = Rate(6, 2)
    try:
        answers = [world.call("GET", "session", role="member", organization=TWO) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
        assert 1 <= int(answers[2].headers["retry-after"]) <= 10
        assert world.call("GET", "session", role="staff", organization=TWO).status_code == 200
    finally:
        world.app.state.doors.rate = GENEROUS


async def _sent(
    envelope: Envelope, *parts: dict[str, Any], headers: tuple[tuple[bytes, bytes], ...] = ()
) -> list[Any]:
    waiting, sent = list(parts), list[Any]()

    async def receive() -> dict[str, Any]:
        if waiting:
            return waiting.pop(0)
        await asyncio.sleep(60)
        raise AssertionError("never")

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": list(headers), "query_string": b""}
    await envelope(scope, receive, send)
    return sent


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": message["body"]})


async def _fails(scope: Any, receive: Any, send: Any) -> None:
    raise RuntimeError("secret words")


async def _two_at_once(envelope: Envelope) -> None:
    """One who sends slowly holds what he may send; what does not fit beside it is told to come again."""
    chunked = ((b"transfer-encoding", b"chunked"),)
    slow = asyncio.create_task(_sent(envelope, headers=chunked))
    await asyncio.sleep(0)
    whole = {"type": "http.request", "body": b"0123456789"}
    answer = await _sent(envelope, whole, headers=((b"content-length", b"10"),))
    assert (answer[0]["status"], dict(answer[0]["headers"])[b"retry-after"]) == (503, b"1")
    assert (await slow)[0]["status"] == 408
    assert (await _sent(envelope, whole, headers=chunked))[0]["status"] == 200


def test_what_surrounds_a_request() -> None:
    envelope = Envelope(_echo, {"X-Kind": "a"}, bounds=Bounds(most=10, seconds=0.05, most_held=15))
    first = {"type": "http.request", "body": b"01234", "more_body": True}
    last = {"type": "http.request", "body": b"56789", "more_body": False}
    answer = asyncio.run(_sent(envelope, first, last))
    assert answer[1]["body"] == b"0123456789"
    assert dict(answer[0]["headers"])[b"x-kind"] == b"a"
    more = last | {"body": b"567890"}
    assert asyncio.run(_sent(envelope, first, more))[0]["status"] == 413
    assert asyncio.run(_sent(envelope, headers=((b"content-length", b"11"),)))[0]["status"] == 413
    assert asyncio.run(_sent(envelope, headers=((b"content-length", b"9" * 400),)))[0]["status"] == 413
    assert asyncio.run(_sent(envelope, first))[0]["status"] == 408, (
        "who sends half a body does not hold a place"
    )
    asyncio.run(_two_at_once(envelope))
    assert envelope.bounds.held == 0
    broken = asyncio.run(_sent(Envelope(_fails, {}), last))
    assert broken[0]["status"] == 500
    assert b"secret words" not in broken[1]["body"]
    assert json.loads(broken[1]["body"])["code"] == "internal"


def test_a_body_is_read_for_who_was_let_in_only(world: World) -> None:
    """Whether there is a door or an address at all: nobody else's body is waited for, and its connection is not used again."""

    async def asked(path: str, bearer: str) -> list[Any]:
        sent = list[Any]()

        async def receive() -> dict[str, Any]:
            raise AssertionError("the body was read")

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [
            (b"content-length", b"4000000"),
            (b"content-type", b"application/json"),
            (b"authorization", bearer.encode()),
        ]
        scope = {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "root_path": "", "headers": headers,
            "query_string": b"", "client": ("127.0.0.1", 1), "server": ("x", 80), "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        await world.app(scope, receive, send)
        return sent

    staff = f"Bearer {world.keys['member', ONE]}"
    for path, bearer, status in (
        ("/api/v2/workflows", "", 401),
        ("/api/v2/workflows", "Bearer nobody", 401),
        ("/api/v2/workflows", staff, 403),
        ("/api/v2/nowhere", staff, 404),
    ):
        told = asyncio.run(asked(path, bearer))[0]
        assert (told["status"], dict(told["headers"])[b"connection"]) == (status, b"close")


async def _closed_after(sent: bytes) -> bytes:
    """What a connection gets to read until it is closed by the server."""

    class Quick(Impatient):
        header_seconds = 0.2

    config = Config(_echo, log_config=None, lifespan="off", timeout_keep_alive=30)
    config.load()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Quick(config, ServerState(), {}), "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(sent)
        async with asyncio.timeout(25):
            found = await reader.read()
        writer.close()
    return found


@pytest.mark.parametrize(
    ("sent", "answers"),
    [
        (b"", 0),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", 0),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHo", 1),
    ],
)
def test_a_connection_without_headers_is_not_waited_for(sent: bytes, answers: int) -> None:
    assert asyncio.run(_closed_after(sent)).count(b"HTTP/1.1 200") == answers


def test_a_database_that_is_away_is_said(world: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    app = create_app(dsn=lambda: f"postgresql://u:hush@127.0.0.1:{port}/x")
    app.state.doors.database.patience = 0.5
    client = TestClient(app, raise_server_exceptions=False)
    health = client.get("/health")
    assert (health.status_code, health.json()["status"]) == (503, "unavailable")
    answer = client.get("/api/v2/session", headers={"Authorization": f"Bearer {world.keys['owner', ONE]}"})
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (
        503,
        "unavailable",
        "2",
    )
    assert "hush" not in health.text + answer.text
