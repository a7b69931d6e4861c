"""Endpoints of webhooks over the API, and the calls that come to them through the same application."""

import hashlib
import hmac
import time
from typing import Any

import pytest
from api_world import ENDED, World
from cryptography.fernet import Fernet

from crm_world import ONE, TWO

BODY = b'{"event":"paid","who":"lead:1"}'
SPAN = {"since": "2020-01-01T00:00:00Z", "until": "2100-01-01T00:00:00Z", "reason": "trial"}


def call(world: World, endpoint: str, secret: str) -> int:
    """The status of a signed call to an endpoint."""
    stamp = str(int(time.time()))
    digest = hmac.new(secret.encode(), stamp.encode() + b"." + BODY, hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/json", "x-atlas-timestamp": stamp, "x-atlas-signature": f"sha256={digest}",
    }  # fmt: skip
    return world.client.post(f"/hooks/{endpoint}", content=BODY, headers=headers).status_code


def until_noted(world: World, path: str, many: int) -> Any:
    """A list once it holds so many: refusals are written a moment after they are answered."""
    until = time.monotonic() + 30
    while len((found := world.get(path))["items"]) < many and time.monotonic() < until:
        time.sleep(0.05)
    return found


def test_an_endpoint_is_made_called_rotated_paused_replayed_and_removed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_SECRET_KEYS", Fernet.generate_key().decode())
    assert {each["name"] for each in world.get("webhook-schemes")["items"]} >= {"stripe", "legacy_body"}
    wanted: dict[str, Any] = {
        "name": "Shop", "scheme": "atlas", "endpoint_id": "wf-1/shop", "reason": "trial",
        "manner": {"subject_from": "body:who"}, "workflow": world.ids[ONE]["workflow"],
    }  # fmt: skip
    made = world.call("POST", "webhooks", json=wanted)
    assert made.status_code == 201, made.text
    secret = made.json()["secret"]
    with world.client:  # one loop for all calls, as a server has
        new = world.call("GET", "webhooks/wf-1/shop").headers["ETag"]
        assert call(world, "wf-1/shop", secret) == 202
        assert world.call("GET", "webhooks/wf-1/shop").headers["ETag"] == new  # calls change it not
        assert call(world, "wf-1/shop", "another") == 401
        listed = until_noted(world, "webhooks/wf-1/shop/deliveries", 2)
        first = world.get("webhooks/wf-1/shop/deliveries?limit=1")
        rest = world.get(f"webhooks/wf-1/shop/deliveries?limit=1&cursor={first['next']}")
        assert [*first["items"], *rest["items"]] == listed["items"]
        assert (rest["next"], listed["next"]) == (None, None)
        assert [(each["outcome"], each["code"], each["times"]) for each in listed["items"]] == [
            ("refused", "wrong_signature", 1), ("stored", None, 1),
        ]  # fmt: skip
        assert listed["items"][0]["detail"].endswith("none of the endpoint's secrets.")
        assert (
            world.get("webhooks/wf-1/shop/deliveries?outcome=stored&event=paid")["items"]
            == listed["items"][1:]
        )
        assert world.get("webhooks/wf-1/shop/deliveries?code=unsigned")["items"] == []
        assert world.call("GET", "webhooks/wf-1/shop/deliveries?outcome=lost").status_code == 422
        assert world.call("GET", "webhooks/wf-1/shop/deliveries?cursor=x").status_code == 422
        assert world.call("GET", "webhooks/wf-1/shop/deliveries", organization=TWO).status_code == 404
        sample = {"json": {"event": "paid", "reason": "trial"}, "headers": {"Idempotency-Key": "sample-1"}}
        tried = world.call("POST", "webhooks/wf-1/shop/test", **sample)
        assert (tried.status_code, tried.json()) == (
            200,
            {"status": 202, "code": None, "detail": "accepted"},
        ), tried.text
        again = world.call("POST", "webhooks/wf-1/shop/test", **sample)
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (tried.json(), "true")
        unknown = {"json": {"reason": "trial"}, "headers": {"Idempotency-Key": "sample-2"}}
        assert world.call("POST", "webhooks/wf-1/none/test", **unknown).status_code == 404
        assert len(world.get("webhooks/wf-1/shop/deliveries?outcome=stored")["items"]) == 2
    seen = world.get("webhooks/wf-1/shop")
    assert (seen["manner"], seen["taken"]) == ({"subject_from": "body:who"}, 2)
    assert seen["refused"] == 1
    assert secret not in str(seen) + str(world.get("webhooks"))
    assert world.get("webhooks/wf-1%2Fshop") == seen  # as those write it who escape every part
    assert world.call("GET", "webhooks/wf-1/shop", organization=TWO).status_code == 404
    unrotated = world.call("GET", "webhooks/wf-1/shop").headers["ETag"]
    rotated = world.call("POST", "webhooks/wf-1/shop/rotations", json={"reason": "trial"})
    assert (rotated.status_code, len({secret, rotated.json()["secret"]})) == (201, 2)
    assert world.call("POST", "webhooks/wf-1/shop/rotations", json={"reason": "trial"}).status_code == 409
    off: dict[str, Any] = {"json": {"is_active": False, "reason": "trial"}}
    assert world.call("PATCH", "webhooks/wf-1/shop", **off).status_code == 428
    stale = world.call("PATCH", "webhooks/wf-1/shop", headers={"If-Match": unrotated}, **off)
    assert (stale.status_code, world.get("webhooks/wf-1/shop")["is_active"]) == (412, True)
    paused = world.call("PATCH", "webhooks/wf-1/shop", headers={"If-Match": stale.headers["ETag"]}, **off)
    assert paused.json()["is_active"] is False
    seen_off = {"If-None-Match": paused.headers["ETag"]}
    assert world.call("GET", "webhooks/wf-1/shop", headers=seen_off).status_code == 304
    counted = world.start("webhooks/wf-1/shop/replays", SPAN).json()
    assert (counted["deliveries"], counted["waiting"], counted["replayed"]) == (2, 2, 0)
    for state, answer in ((None, 428), (unrotated, 412), (paused.headers["ETag"], 204)):
        headers = {} if state is None else {"If-Match": state}
        gone = world.call("DELETE", "webhooks/wf-1/shop?reason=trial", headers=headers)
        assert gone.status_code == answer, gone.text
    assert world.call("GET", "webhooks/wf-1/shop").status_code == 404


@pytest.mark.parametrize(
    ("change", "status", "field"),
    [
        ({"manner": {"colour": 1}}, 422, "manner.colour"),
        ({"scheme": "carrier_pigeon"}, 422, "scheme"),
        ({"rate_limit": 0}, 422, "rate_limit"),
        ({"colour": "red"}, 422, "colour"),
        ({"workflow": "mine"}, 422, "workflow"),
        ({"workflow": ENDED}, 422, "workflow"),  # nobody's
        ({"workflow": TWO}, 422, "workflow"),  # that organization's
    ],
)
def test_an_endpoint_that_cannot_be_is_refused_by_name(
    world: World, change: dict[str, Any], status: int, field: str
) -> None:
    if change.get("workflow") == TWO:
        change = {"workflow": world.ids[TWO]["workflow"]}
    answer = world.call("POST", "webhooks", json={"name": "Shop", "reason": "trial"} | change)
    assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
