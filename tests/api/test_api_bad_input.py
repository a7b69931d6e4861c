"""What cannot be, sent to every route that takes anything of its kind: the right status, one clear problem, nothing stored."""

import gzip
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from api_requests import Asked, asked_of
from api_world import BY, World
from httpx import Response

from atlas_workflows.api.v1.routing import V1Route
from atlas_workflows.db.connect import connect
from atlas_workflows.store.api_keys import create_key, revoke_key
from crm_world import ONE

JSON = "application/json"
BODIES: dict[str, tuple[bytes, str, int, str]] = {
    "cut": (b'{"reason": ', JSON, 400, "invalid_json"),
    "empty": (b"", JSON, 400, "invalid_json"),
    "a key twice": (b'{"reason": "a", "reason": "b"}', JSON, 400, "invalid_json"),
    "deep": (b"[" * 5_000 + b"]" * 5_000, JSON, 400, "invalid_json"),
    "no number": (b'{"reason": NaN}', JSON, 400, "invalid_json"),
    "an endless number": (b"1e5000", JSON, 400, "invalid_json"),
    "UTF-16": ('{"reason": "a"}'.encode("utf-16"), JSON, 400, "invalid_json"),
    "no UTF-8": (b'{"reason": "\xff"}', JSON, 400, "invalid_json"),
    "a list": (b"[]", JSON, 422, "invalid"),
    "nothing": (b"null", JSON, 422, "invalid"),
    "a field that nobody has": (b'{"nobody_has_this": 1}', JSON, 422, "invalid"),
    "another charset": (b'{"reason": "a"}', f"{JSON}; charset=latin-1", 415, "unsupported_media_type"),
    "a form": (b"reason=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    "no type": (b'{"reason": "a"}', "", 415, "unsupported_media_type"),
    "20 MB": (b" " * 20_000_000, JSON, 413, "too_large"),
}
# Values of query parameters, by their names.
VALUES = {
    "limit": ["0", "-1", "1e9", "1000000000", "x", ""],
    "cursor": ["0", "-1", "1e9", "x", "", "AAAA", "é", "[]", "a" * 500],
    "before": ["0", "-1", "1e9", "x", ""],
    "after": ["0", "-1", "x"],
    "since": ["0", "x", "2026-13-01T00:00:00Z", "2026-03-01T00:00:00", ""],
    "workflow": ["0", "x", "00000000-0000-0000-0000-00000000000g"],
}


def _routes(world: World) -> Iterator[Asked]:
    """Those of v2: what v1 says to this is in its own tests."""
    return (
        each
        for each in asked_of(world.app)
        if each.needs is not None and not each.needs.everywhere and not isinstance(each.route, V1Route)
    )


@pytest.fixture
def untouched(world: World) -> Iterator[World]:
    """The world, in which nothing may be another afterwards but when a key was last used, and allowances."""
    before = _everything(world)
    yield world
    assert len(before) > 30
    assert _everything(world) == before


def _everything(world: World) -> dict[str, str]:
    with psycopg.connect(world.dsn) as connection:
        names = connection.execute(
            "SELECT c.oid::regclass::text FROM pg_class AS c WHERE c.relnamespace = 'atlas'::regnamespace AND c.relkind = 'r'"
            " AND c.relname NOT IN ('api_rates', 'api_keys')"
        ).fetchall()
        return {
            name: str(connection.execute(f"SELECT count(*), sum(hashtext(t::text)) FROM {name} AS t".encode()).fetchone())
            for (name,) in names
        }  # fmt: skip


def _is_clear(answer: Response, status: int, code: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"], told["status"]) == (status, code, status), told
    assert answer.headers["content-type"] == "application/problem+json"
    assert told["detail"], told
    assert told["remedy"], told
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_cannot_be(untouched: World, kind: str) -> None:
    body, content_type, status, code = BODIES[kind]
    asked = 0
    for each in _routes(untouched):
        if "requestBody" not in each.operation or (kind == "a list" and _takes_a_list(each)):
            continue
        headers = {**each.request()["headers"], "Content-Type": content_type}
        answer = untouched.call(
            each.method, each.path(untouched.ids[ONE]), content=body, headers=headers,
            params=each.request()["params"],
        )  # fmt: skip
        _is_clear(answer, status, code)
        asked += 1
    assert asked > 12


def _takes_a_list(each: Asked) -> bool:
    content = each.operation["requestBody"]["content"]
    return bool(content[JSON]["schema"].get("type") == "array")


def test_a_body_that_is_compressed_or_without_an_end(untouched: World) -> None:
    path = f"workflows/{untouched.ids[ONE]['workflow']}/draft"
    headers = {"Content-Type": JSON, "If-Match": "*", "Content-Encoding": "gzip"}
    packed = gzip.compress(b'{"definition": {}}')
    _is_clear(untouched.call("PUT", path, content=packed, headers=headers), 415, "unsupported_media_type")
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        while sent < 20_000_000:
            sent += 1_000_000
            yield b" " * 1_000_000

    del headers["Content-Encoding"]
    _is_clear(untouched.call("PUT", path, content=endless(), headers=headers), 413, "too_large")


@pytest.mark.parametrize("name", VALUES)
def test_a_parameter_that_cannot_be(untouched: World, name: str) -> None:
    asked = 0
    for each in _routes(untouched):
        if name not in {
            found["name"] for found in each.operation.get("parameters", ()) if found["in"] == "query"
        }:
            continue
        for value in VALUES[name]:
            request: dict[str, Any] = each.request()
            params = {**request.pop("params"), name: value}
            answer = untouched.call(each.method, each.path(untouched.ids[ONE]), params=params, **request)
            _is_clear(answer, 422, "invalid")
            assert answer.json()["field"] == name, (each.name, value, answer.text)
            asked += 1
    assert asked >= len(VALUES[name])


@pytest.mark.parametrize(
    "instant", ["0", "1e9", '"1767225600"', "1767225600.5", '"-1"', '"2026-03-01"', '"tomorrow"']
)
def test_an_instant_is_written_and_no_number(untouched: World, instant: str) -> None:
    """A number would be guessed at: seconds or milliseconds."""
    body = f'{{"since": {instant}, "error_class": "x", "reason": "x"}}'
    headers = {"Content-Type": JSON, "Idempotency-Key": "k"}
    answer = untouched.call("POST", "dead-letters/replays", content=body.encode(), headers=headers)
    _is_clear(answer, 422, "invalid")
    assert answer.json()["field"] == "since"


def test_an_id_that_is_none(untouched: World) -> None:
    asked = 0
    for each in _routes(untouched):
        for name in each.parameters:
            for wrong in ("x", "-1", "1e9", "%00", "a" * 300):
                ids = untouched.ids[ONE] | {name: wrong}
                answer = untouched.call(each.method, each.path(ids), **each.request())
                assert answer.status_code in (404, 422), (each.name, wrong, answer.text)
                _is_clear(answer, answer.status_code, "not_found" if answer.status_code == 404 else "invalid")
                asked += 1
    assert asked > 50


def test_a_state_that_nobody_has_seen_or_that_is_over(untouched: World) -> None:
    asked = 0
    for each in _routes(untouched):
        if "If-Match" not in {found["name"] for found in each.operation.get("parameters", ())}:
            continue
        request: dict[str, Any] = each.request()
        path = each.path(untouched.ids[ONE])
        for headers, status, code in (
            ({}, 428, "precondition_required"),
            ({"If-Match": '"0.0.over"'}, 412, "stale"),
            ({"If-Match": "W/*"}, 412, "stale"),
            ({"If-Match": ""}, 412, "stale"),
        ):
            answer = untouched.call(each.method, path, **(request | {"headers": headers}))
            _is_clear(answer, status, code)
            assert answer.json()["field"] == "If-Match"
        asked += 1
    assert asked >= 4


def test_a_key_whose_time_is_over(world: World) -> None:
    now = world.clock()
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        _, expired = create_key(
            connection, ONE, "over", ["system:admin"], BY, now - timedelta(hours=2), now - timedelta(hours=1)
        )  # fmt: skip
        kept, revoked = create_key(connection, ONE, "ended", ["system:admin"], BY, now)
        revoke_key(connection, ONE, kept.id, BY, now)
    before = _everything(world)
    for each in _routes(world):
        for text, fact in ((expired.text, "The key has expired."), (revoked.text, "The key was revoked.")):
            headers = {"Authorization": f"Bearer {text}"}
            answer = world.client.request(each.method, each.path(world.ids[ONE]), headers=headers)
            _is_clear(answer, 401, "unauthenticated")
            assert answer.json()["detail"] == fact
    assert _everything(world) == before
