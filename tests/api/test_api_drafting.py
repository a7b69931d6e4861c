"""Drafts that several people edit: patched, discarded, restored, merged with what others saved; and who has one open."""

from copy import deepcopy
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from api_world import CANARIES, World

from atlas_workflows.db.connect import connect
from atlas_workflows.recurring.audience.matching import count_matching
from crm_world import ONE, TWO

NODE = {"id": "n", "type": "add_tags", "name": "Tag", "parameters": {"tags": ["new"]}}


@pytest.fixture
def workflow(world: World) -> str:
    """A new workflow with one step behind a trigger."""
    given = {
        "triggers": [{"id": "t", "type": "manual", "parameters": {}}], "nodes": [NODE],
        "edges": [{"id": "e", "source": "t", "target": "n"}],
    }  # fmt: skip
    return str(world.start("workflows", {"name": "drafting", "definition": given}).json()["id"])


def _draft(world: World, workflow: str) -> tuple[dict[str, Any], str]:
    answer = world.call("GET", f"workflows/{workflow}/draft")
    return answer.json()["definition"], answer.headers["etag"]


def _save(world: World, workflow: str, definition: Any, tag: str) -> Any:
    return world.call("PUT", f"workflows/{workflow}/draft", json={"definition": definition}, headers={"If-Match": tag})  # fmt: skip


def _with_tags(definition: dict[str, Any], *tags: str) -> dict[str, Any]:
    found = deepcopy(definition)
    found["nodes"][0]["parameters"]["tags"] = list(tags)
    return found


def _actions(world: World, workflow: str) -> list[str]:
    entries = world.get("audit", params={"subject_table": "workflows", "subject_id": workflow})["items"]
    return [entry["action"] for entry in entries]


def test_a_patch_is_saved_whole_or_not_at_all(world: World, workflow: str) -> None:
    path, (before, tag) = f"workflows/{workflow}/draft", _draft(world, workflow)
    patch = [
        {"op": "test", "path": "/nodes/0/id", "value": "n"},
        {"op": "replace", "path": "/nodes/0/parameters/tags/0", "value": "patched"},
        {
            "op": "add",
            "path": "/nodes/-",
            "value": {"id": "m", "type": "add_tags", "parameters": {"tags": ["m"]}},
        },
    ]
    for refused, status, field in (
        ([*patch, {"op": "test", "path": "/nodes/0/id", "value": "other"}], 409, "3.value"),
        ([*patch, {"op": "remove", "path": "/nodes/7"}], 422, "3.path"),
        ([*patch, {"op": "frobnicate", "path": ""}], 422, "3.op"),
        ([{"op": "replace", "path": "/id", "value": world.ids[TWO]["workflow"]}], 422, "definition.id"),
        ([{"op": "replace", "path": "", "value": []}], 422, "path"),
    ):
        answer = world.call("PATCH", path, json=refused, headers={"If-Match": tag})
        assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    assert _draft(world, workflow) == (before, tag)
    assert world.call("PATCH", path, json=patch).status_code == 428
    saved = world.call("PATCH", path, json=patch, headers={"If-Match": tag, "Content-Type": "application/json-patch+json"})  # fmt: skip
    assert saved.status_code == 200, saved.text
    after, now = _draft(world, workflow)
    assert (after["nodes"][0]["parameters"]["tags"], after["nodes"][1]["id"], now) == (["patched"], "m", saved.headers["etag"])  # fmt: skip
    assert world.call("PUT", path, content=b"{}", headers={"If-Match": now, "Content-Type": "application/json-patch+json"}).status_code == 415  # fmt: skip


def test_a_patch_makes_no_draft_that_could_not_be_sent_as_a_whole(world: World, workflow: str) -> None:
    path, (_, tag) = f"workflows/{workflow}/draft", _draft(world, workflow)
    patch = [
        {"op": "add", "path": "/description", "value": "x" * 1_500_000},
        {"op": "copy", "from": "/description", "path": "/nodes/0/name"},
        {"op": "copy", "from": "/description", "path": "/name"},
    ]
    refused = world.call("PATCH", path, json=patch, headers={"If-Match": tag})
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large"), refused.text
    assert _draft(world, workflow)[1] == tag


def test_a_draft_refers_to_no_secret_of_somebody_else(world: World, workflow: str) -> None:
    secret = str(uuid4())
    with psycopg.connect(world.dsn) as connection:
        connection.execute(
            "INSERT INTO atlas.secrets (id, organization_id, sealed, key_id) VALUES (%s, %s, 'x', 'k')", [secret, TWO]
        )  # fmt: skip
    read, tag = _draft(world, workflow)
    wrong = _with_tags(read)
    wrong["nodes"][0]["parameters"]["password"] = {"$secret": secret}
    for refused in (
        _save(world, workflow, wrong, tag),
        world.start("workflows", {"name": "wrong", "definition": {key: wrong[key] for key in ("triggers", "nodes", "edges")}}),
    ):  # fmt: skip
        assert refused.status_code == 422, refused.text
        [problem] = refused.json()["problems"]
        assert (problem["code"], problem["node"], problem["field"]) == (
            "FOREIGN_SECRET",
            "n",
            "parameters.password",
        )
    assert _draft(world, workflow) == (read, tag)


def test_a_stale_save_brings_what_is_there_and_what_was_read_and_can_be_merged(world: World, workflow: str) -> None:  # fmt: skip
    read, tag = _draft(world, workflow)
    theirs = {**deepcopy(read), "description": "from somebody else"}
    assert _save(world, workflow, theirs, tag).status_code == 200
    mine = _with_tags(read, "mine")
    stale = _save(world, workflow, mine, tag)
    assert stale.status_code == 412
    told = stale.json()
    assert told["current"]["definition"] == theirs
    assert told["ancestor"] == {"revision": int(tag[1:-1]), "definition": read}
    merged = world.call("POST", f"workflows/{workflow}/draft/merge", json={"ancestor": told["ancestor"]["revision"], "definition": mine})  # fmt: skip
    assert (merged.status_code, merged.headers["etag"]) == (200, stale.headers["etag"]), merged.text
    assert merged.json()["definition"] == _with_tags(theirs, "mine")
    assert (merged.json()["conflicts"], merged.json()["valid"]) == ([], True)
    assert _draft(world, workflow)[0] == theirs, "a merge stores nothing"
    assert _save(world, workflow, merged.json()["definition"], merged.headers["etag"]).status_code == 200
    assert _draft(world, workflow)[0] == _with_tags(theirs, "mine")


def test_what_both_changed_is_decided_by_whoever_merges(world: World, workflow: str) -> None:
    path, (read, tag) = f"workflows/{workflow}/draft/merge", _draft(world, workflow)
    _save(world, workflow, _with_tags(read, "theirs"), tag)
    asked: dict[str, Any] = {"ancestor": int(tag[1:-1]), "definition": _with_tags(read, "mine")}
    told = world.call("POST", path, json=asked).json()
    [conflict] = told["conflicts"]
    assert (told["definition"], told["valid"]) == (None, None)
    assert (conflict["at"], conflict["name"], conflict["kind"]) == (
        "/nodes/n/parameters/tags",
        "Tag",
        "changed",
    )
    assert [conflict[side]["value"] for side in ("ancestor", "mine", "theirs")] == [["new"], ["mine"], ["theirs"]]  # fmt: skip
    for taken in ("mine", "theirs"):
        decided = world.call(
            "POST", path, json={**asked, "decisions": [{"at": conflict["at"], "take": taken}]}
        )
        assert decided.json()["definition"] == _with_tags(read, taken), decided.text
    for decisions, field in (
        ([{"at": "/nodes/q", "take": "mine"}], "decisions"),
        ([{"at": conflict["at"], "take": "mine"}] * 2, "decisions"),
    ):
        refused = world.call("POST", path, json={**asked, "decisions": decisions})
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    never = world.call("POST", path, json={**asked, "ancestor": 900})
    assert (never.status_code, never.json()["field"]) == (409, "ancestor")


def test_a_draft_goes_back_to_what_is_published_or_to_an_old_version(world: World, workflow: str) -> None:
    first, tag = _draft(world, workflow)
    path = f"workflows/{workflow}"
    early = world.call("DELETE", f"{path}/draft", params={"reason": "never mind"}, headers={"If-Match": tag})
    assert early.status_code == 409, "it was never published"
    for tags in ("new", "second"):
        saved = _save(world, workflow, _with_tags(first, tags), _draft(world, workflow)[1])
        world.start(f"{path}/publications", {"revision": saved.json()["revision"], "reason": "r"})
    _save(world, workflow, _with_tags(first, "unwanted"), _draft(world, workflow)[1])
    tag = _draft(world, workflow)[1]
    for method, where in (("DELETE", "draft"), ("POST", "versions/1/restore")):
        for headers, status in (({}, 428), ({"If-Match": '"1"'}, 412)):
            answer = world.call(method, f"{path}/{where}", params={"reason": "r"}, headers=headers)
            assert answer.status_code == status, answer.text
    gone = world.call("DELETE", f"{path}/draft", params={"reason": "never mind"}, headers={"If-Match": tag})
    assert gone.status_code == 200, gone.text
    assert _draft(world, workflow) == (_with_tags(first, "second"), gone.headers["etag"])
    back = world.call("POST", f"{path}/versions/1/restore", headers={"If-Match": gone.headers["etag"]})
    assert back.status_code == 200, back.text
    assert _draft(world, workflow)[0] == _with_tags(first, "new")
    assert world.call("POST", f"{path}/versions/9/restore", headers={"If-Match": back.headers["etag"]}).status_code == 404  # fmt: skip
    revision = back.json()["revision"]
    assert _actions(world, workflow)[:2] == [f"restore_version_1_draft_{revision}", f"discard_draft_{revision - 1}"]  # fmt: skip
    assert world.get(path)["published_version"] == 2


def test_a_stored_workflow_is_validated_by_the_rules_of_today(world: World, workflow: str) -> None:
    definition, tag = _draft(world, workflow)
    _save(world, workflow, {**definition, "nodes": [{**NODE, "type": "no_such_type"}]}, tag)
    told = world.call("POST", f"workflows/{workflow}/validate").json()
    assert (told["valid"], told["problems"][0]["node"]) == (False, "n")
    assert world.call("POST", f"workflows/{workflow}/validate", params={"version": 3}).status_code == 404


def test_who_has_a_draft_open_is_seen_for_half_a_minute_and_by_nobody_else(
    world: World, workflow: str
) -> None:
    path = f"workflows/{workflow}/draft/presence"
    for role, page in (("owner", "left"), ("owner", "right"), ("manager", "1"), ("owner", "left")):
        assert world.call("PUT", path, json={"page": page}, role=role).status_code == 200
    told = world.get(path, role="member")["items"]
    assert sorted(each["page"] for each in told) == ["1", "left", "right"]
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "UPDATE atlas.draft_presence SET seen_at = now() - INTERVAL '31 seconds' WHERE page = 'left'"
        )
    assert sorted(each["page"] for each in world.get(path)["items"]) == ["1", "right"]
    theirs = world.call("PUT", path, json={}, organization=TWO)
    assert (theirs.status_code, CANARIES[ONE] in theirs.text) == (404, False)


def test_operators_fields_and_the_schema_are_told(world: World) -> None:
    operators = {each["name"]: each for each in world.get("operators")["items"]}
    assert operators["not_contains"] == {
        "name": "not_contains", "label": "not contains", "operand": "any", "types": ["text", "list"], "negates": "contains",
        "needs_value": True,
    }  # fmt: skip
    schema = world.call("GET", "schema/workflow")
    again = world.call("GET", "schema/workflow", headers={"If-None-Match": schema.headers["etag"]})
    assert (schema.json()["type"], again.status_code) == ("object", 304)
    fields = {each["path"]: each for each in world.get("fields")["items"]}
    assert fields["contact.email"]["kind"] == "text"
    assert "contact.tags" in fields


def test_a_condition_is_counted_over_the_members_of_the_organization(world: World) -> None:
    everybody = world.call(
        "POST", "conditions/count", json={"condition": {"field": "contact.id", "operator": "exists"}}
    )
    assert everybody.status_code == 200, everybody.text
    told = everybody.json()
    assert told["matched"] == told["looked_at"] == told["everybody"] > 0
    assert told["complete"] is True
    by_name = {"field": "contact.id", "operator": "equals", "value": world.ids[ONE]["member"]}
    assert world.call("POST", "conditions/count", json={"condition": by_name}).json()["matched"] == 1
    assert world.call("POST", "conditions/count", json={"condition": by_name}, organization=TWO).json()["matched"] == 0  # fmt: skip
    refused = world.call("POST", "conditions/count", json={"condition": {"field": "a", "operator": "no"}})
    assert refused.status_code == 422


def test_a_text_is_rendered_for_a_member_and_its_faults_are_listed(world: World) -> None:
    asked = {"text": "Hi {{contact.first_name}}, {{contact.nothing}} {{ 1 + }}", "member": world.ids[ONE]["member"]}  # fmt: skip
    told = world.call("POST", "templates-text/render", json=asked).json()
    assert told["text"].startswith("Hi ")
    assert "{{contact.first_name}}" not in told["text"]
    assert ("contact.nothing" in told["unresolved"], len(told["problems"]), told["member_known"]) == (
        True,
        1,
        True,
    )
    theirs = world.call("POST", "templates-text/render", json=asked, organization=TWO).json()
    assert (theirs["member_known"], "{{contact.first_name}}" in theirs["text"]) == (False, True)


def test_a_count_that_does_not_get_to_everybody_says_so(world: World) -> None:
    with connect(world.dsn, application_name="test", autocommit=True) as connection:
        asked = (connection, ONE, {"field": "contact.id", "operator": "exists"}, world.clock(), "UTC")
        everybody = count_matching(*asked)
        assert everybody.looked_at > 1
        first = count_matching(*asked, most=1)
        assert (first.matched, first.looked_at, first.everybody, first.complete) == (
            1,
            1,
            everybody.everybody,
            False,
        )
        late = count_matching(*asked, seconds=0.0)
        assert (late.looked_at, late.complete) == (0, False)
