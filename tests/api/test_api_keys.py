"""Keys to the API: made once, kept as a hash, opening what they say for as long as they say."""

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from api_world import BY, World
from typer.testing import CliRunner

from atlas_workflows.api.schemas.api_keys import Scope
from atlas_workflows.cli.api_key import app
from atlas_workflows.db.connect import connect
from atlas_workflows.errors import InputError
from atlas_workflows.secrets.api_keys import CHECK, MARK, RANDOM, is_api_key, mint
from atlas_workflows.store.api_keys import SCOPES, create_key
from crm_world import ONE, TWO

SIGNED = ["--by", "ana", "--reason", "the website asks"]


def test_a_key_says_whether_it_was_copied_whole() -> None:
    made = {mint().text for _ in range(200)}
    assert len(made) == 200
    for text in made:
        assert is_api_key(text)
        assert len(text) == len(MARK) + RANDOM + CHECK
        for place in (len(MARK), 20, len(text) - 1):
            other = "a" if text[place] != "a" else "b"
            assert not is_api_key(text[:place] + other + text[place + 1 :])
        assert not any(map(is_api_key, (text[:-1], text + "0", text.upper() + " ", "")))
    assert repr(mint()) == "NewKey()"


def test_scopes_are_the_permissions_that_the_database_knows(world: World) -> None:
    with connect(world.dsn, application_name="test") as connection:
        (known,) = connection.execute("SELECT atlas.permissions_of('owner')").fetchone() or ((),)
    assert set(known) == set(SCOPES) == set(Scope)


def test_the_command_makes_lists_and_revokes_them(world: World) -> None:
    run = CliRunner()
    made = run.invoke(app, ["create", "website", "--organization", ONE, "--scope", "workflow:analytics", "--dsn", world.dsn, "--json", *SIGNED])  # fmt: skip
    assert made.exit_code == 0, made.output
    key = json.loads(made.stdout)
    bearer = {"Authorization": f"Bearer {key['key']}"}
    assert world.client.get("/api/v2/workflows", headers=bearer).status_code == 200
    listed = run.invoke(app, ["list", "--organization", ONE, "--dsn", world.dsn])
    assert f"{key['prefix']}…  website: workflow:analytics" in listed.stdout
    assert key["key"] not in listed.stdout
    again = run.invoke(app, ["create", "website", "--organization", ONE, "--scope", "workflow:edit", "--dsn", world.dsn, *SIGNED])  # fmt: skip
    assert isinstance(again.exception, InputError)
    assert "in force" in str(again.exception)
    ended = run.invoke(app, ["revoke", key["id"], "--organization", ONE, "--dsn", world.dsn, *SIGNED])
    assert ended.stdout == "website is revoked.\n"
    refused = world.client.get("/api/v2/workflows", headers=bearer)
    assert (refused.status_code, refused.json()["detail"]) == (401, "The key was revoked.")
    with psycopg.connect(world.dsn) as connection:
        kept = connection.execute("SELECT to_jsonb(k)::text FROM atlas.api_keys AS k WHERE k.id = %s", [key["id"]]).fetchone()  # fmt: skip
        noted = connection.execute("SELECT action, actor, reason FROM atlas.audit_log WHERE subject_id = %s ORDER BY id", [key["id"]]).fetchall()  # fmt: skip
    assert kept is not None
    assert key["key"] not in kept[0]
    assert noted == [(f"{verb}_api_key", "ana", "the website asks") for verb in ("create", "revoke")]


def test_it_opens_until_it_expires_and_its_last_use_is_kept(world: World) -> None:
    began = world.clock.now
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        kept, made = create_key(
            connection, ONE, "brief", ["workflow:analytics"], BY, began, began + timedelta(hours=1)
        )
    bearer = {"Authorization": f"Bearer {made.text}"}

    def used() -> datetime | None:
        found = [key for key in world.get("api-keys?limit=200")["items"] if key["id"] == kept.id]
        return found[0]["last_used_at"] and datetime.fromisoformat(found[0]["last_used_at"])

    try:
        assert used() is None
        assert world.client.get("/api/v2/session", headers=bearer).status_code == 200
        first = used()
        assert first == began.astimezone(UTC)
        world.clock.now = began + timedelta(seconds=30)
        assert world.client.get("/api/v2/session", headers=bearer).status_code == 200
        assert used() == first, "to the minute: a busy key does not write at each request"
        world.clock.now = began + timedelta(minutes=2)
        world.client.get("/api/v2/session", headers=bearer)
        assert used() == world.clock.now.astimezone(UTC)
        world.clock.now = began + timedelta(hours=1)
        refused = world.client.get("/api/v2/session", headers=bearer)
        assert (refused.status_code, refused.json()["detail"]) == (401, "The key has expired.")
    finally:
        world.clock.now = began


def test_the_api_makes_and_revokes_them_and_gives_no_more_than_the_caller_has(world: World) -> None:
    wish = {"name": "crm", "scopes": ["workflow:analytics", "workflow:execute"], "reason": "the CRM asks"}
    made = world.call("POST", "api-keys", json=wish)
    assert made.status_code == 201, made.text
    key = made.json()
    assert (
        world.client.get("/api/v2/queue", headers={"Authorization": f"Bearer {key['key']}"}).status_code
        == 200
    )
    assert world.call("POST", "api-keys", json=wish).status_code == 409
    for field, value in (("name", " "), ("scopes", ["workflow:fly"]), ("expires_at", "2020-01-01T00:00:00Z")):
        refused = world.call("POST", "api-keys", json=wish | {"name": "other", field: value})
        assert refused.status_code in (403, 422), refused.text
        assert refused.json()["field"].startswith(field)
    narrow = world.call("POST", "api-keys", json=wish | {"name": "narrow", "scopes": ["system:admin"]}).json()
    wider = world.client.post(
        "/api/v2/api-keys",
        json=wish | {"name": "wider"},
        headers={"Authorization": f"Bearer {narrow['key']}"},
    )
    assert (wider.status_code, wider.json()["field"]) == (403, "scopes")
    assert world.call("DELETE", f"api-keys/{key['id']}?reason=x", organization=TWO).status_code == 404
    assert world.call("DELETE", f"api-keys/{key['id']}").status_code == 422
    assert (
        world.call("DELETE", f"api-keys/{key['id']}?reason=done").json()["revoked_by"].startswith("api-key:")
    )
    assert world.call("DELETE", f"api-keys/{key['id']}?reason=done").status_code == 409
    assert (
        world.client.get("/api/v2/queue", headers={"Authorization": f"Bearer {key['key']}"}).status_code
        == 401
    )


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "two\nlines"])
def test_a_name_that_cannot_be_is_refused(world: World, name: str) -> None:
    with (
        connect(world.dsn, application_name="test", autocommit=True) as connection,
        pytest.raises(InputError),
    ):
        create_key(connection, ONE, name, ["workflow:edit"], BY, world.clock())
