"""Wrong keys and tokens: so many from one network, then none is looked for; whose key is known passes all the same."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from api_world import BY, World
from httpx import Response
from structlog.testing import capture_logs

from atlas_workflows.api.database import Database
from atlas_workflows.api.doors.rates import Rate
from atlas_workflows.api.doors.strangers import UNKNOWN, Strangers, network_of
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.db.connect import connect
from atlas_workflows.secrets.api_keys import mint
from atlas_workflows.store.api_keys import create_key, revoke_key
from crm_world import ONE


class Seconds:
    """A clock that stands until it is moved."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


def _refused(strangers: Strangers, network: str) -> int | None:
    """How long a wrong key's sender has to wait; None where it was only wrong."""
    try:
        strangers.admit(network, "k")
        strangers.failed(network, "k")
    except HttpProblem as problem:
        return int(problem.headers["Retry-After"])
    return None


def test_wrong_ones_are_counted_by_network_and_waiting_is_told() -> None:
    clock = Seconds()
    strangers = Strangers(Rate(6, 3), clock=clock)
    assert [_refused(strangers, "a") for _ in range(5)] == [None, None, None, 10, 10]
    assert _refused(strangers, "b") is None
    clock.now += 9.5
    assert _refused(strangers, "a") == 1
    clock.now += 0.5
    assert [_refused(strangers, "a") for _ in range(2)] == [None, 10], "what was refused cost nothing"
    clock.now += 3_600
    assert [_refused(strangers, "a") for _ in range(4)] == [None, None, None, 10]


def test_the_log_is_told_of_refusals_once_a_minute_with_how_many() -> None:
    now = [0.0]
    strangers = Strangers(Rate(1, 1), clock=lambda: now[0])
    with capture_logs() as told:
        for second in range(130):
            now[0] = float(second) / 10
            with suppress(HttpProblem):
                strangers.failed("192.0.2.1", f"key {second}")
        assert [(each["refused"], each["last_from"]) for each in told] == [(1, "192.0.2.1")]
        now[0] = 61.0
        strangers.opened("mine")  # whoever comes next: nobody may be refused any more
        assert [each["refused"] for each in told] == [1, 128]
        strangers.failed("192.0.2.1", "again")  # the allowance is whole again
        with pytest.raises(HttpProblem):
            strangers.admit("192.0.2.1", "again")
        now[0] = 122.0
        strangers.failed("192.0.2.2", "again")
    assert [(each["refused"], each["last_from"]) for each in told[2:]] == [(1, "192.0.2.1")]


def test_a_key_that_opened_lately_passes_and_one_that_does_no_more_is_forgotten() -> None:
    clock = Seconds()
    strangers = Strangers(Rate(6, 1), clock=clock)
    strangers.opened("mine")
    assert [_refused(strangers, "a") for _ in range(2)] == [None, 10]
    strangers.admit("a", "mine")
    with pytest.raises(HttpProblem):
        strangers.admit("a", "another")
    with pytest.raises(HttpProblem):
        strangers.failed("a", "mine")  # it was revoked
    with pytest.raises(HttpProblem):
        strangers.admit("a", "mine")
    strangers.opened("old")
    clock.now += 86_401
    assert [_refused(strangers, "a") for _ in range(2)] == [None, 10]
    with pytest.raises(HttpProblem):
        strangers.admit("a", "old")


def test_what_is_kept_has_a_bound() -> None:
    strangers = Strangers(Rate(6, 1), most=100, clock=Seconds())
    for number in range(1_000):
        strangers.opened(f"key {number}")
        strangers.failed(f"network {number}", "k")
    assert (len(strangers._known), len(strangers._free_at)) == (100, 100)
    assert [_refused(strangers, f"network {number}") for number in (0, 999)] == [None, 10]


@pytest.mark.parametrize(
    ("peer", "forwarded", "proxies", "network"),
    [
        ("203.0.113.7", [], 0, "203.0.113.7/32"),
        ("203.0.113.7", ["198.51.100.1"], 0, "203.0.113.7/32"),
        ("10.0.0.2", ["6.6.6.6, 198.51.100.1"], 1, "198.51.100.1/32"),
        ("10.0.0.2", ["6.6.6.6", "198.51.100.1, 10.0.0.1"], 2, "198.51.100.1/32"),
        ("10.0.0.2", [], 1, "10.0.0.2/32"),
        ("2001:db8:1:2:3:4:5:6", [], 0, "2001:db8:1:2::/64"),
        ("10.0.0.2", ["[2001:db8:1:2::9]"], 1, "2001:db8:1:2::/64"),
        ("::ffff:203.0.113.7", [], 0, "203.0.113.7/32"),
        ("fe80::1%eth0", [], 0, "fe80::/64"),
        ("10.0.0.2", ["not an address"], 1, UNKNOWN),
        (None, [], 0, UNKNOWN),
    ],
)
def test_a_network_is_what_one_customer_has(
    peer: str | None, forwarded: list[str], proxies: int, network: str
) -> None:
    assert network_of(peer, forwarded, proxies) == network


@pytest.fixture
def strict(world: World) -> Iterator[World]:
    """The world with an allowance of three."""
    doors = world.app.state.doors
    generous, doors.strangers, doors.proxies = doors.strangers, Strangers(Rate(6, 3)), 1
    yield world
    doors.strangers, doors.proxies = generous, 0


def _ask(world: World, key: str, address: str) -> Response:
    headers = {"Authorization": f"Bearer {key}", "X-Forwarded-For": address}
    return world.client.get("/api/v2/session", headers=headers)


def test_a_stranger_behind_the_same_address_locks_nobody_out(strict: World) -> None:
    mine, unseen = strict.keys["owner", ONE], strict.keys["manager", ONE]
    assert _ask(strict, mine, "198.51.100.1").status_code == 200
    wrong = [_ask(strict, key, "198.51.100.1") for key in (mint().text, "atlas_typo", "a.b.c", mint().text)]
    assert [answer.status_code for answer in wrong] == [401, 401, 401, 429]
    told = wrong[3].json()
    assert (told["code"], told["status"]) == ("rate_limited", 429)
    assert 1 <= int(wrong[3].headers["retry-after"]) <= 10
    assert _ask(strict, mine, "198.51.100.1").status_code == 200
    assert _ask(strict, unseen, "198.51.100.1").status_code == 429, "nobody knows yet whether it is one"
    assert _ask(strict, unseen, "198.51.100.2").status_code == 200
    assert _ask(strict, unseen, "198.51.100.1").status_code == 200
    assert strict.client.get("/api/v2/session").status_code == 401, "who brings none has not tried one"


def test_beyond_the_allowance_no_key_is_looked_for(strict: World) -> None:
    doors = strict.app.state.doors
    for _ in range(3):
        assert _ask(strict, mint().text, "198.51.100.3").status_code == 401
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    database, doors.database = doors.database, Database(lambda: f"postgresql://u@127.0.0.1:{port}/x")
    doors.database.patience = 0.2
    try:
        assert _ask(strict, mint().text, "198.51.100.3").status_code == 429
        assert _ask(strict, mint().text, "198.51.100.4").status_code == 503
    finally:
        doors.database.close()
        doors.database = database


def test_a_key_that_was_revoked_is_refused_although_it_was_known(strict: World) -> None:
    with connect(strict.dsn, application_name="test", autocommit=True) as connection:
        kept, made = create_key(connection, ONE, "lost", ["workflow:analytics"], BY, datetime.now(UTC))
        assert _ask(strict, made.text, "198.51.100.5").status_code == 200
        revoke_key(connection, ONE, kept.id, BY, datetime.now(UTC))
    answers: list[Any] = [_ask(strict, made.text, "198.51.100.5").status_code for _ in range(5)]
    assert answers == [401, 401, 401, 429, 429]
