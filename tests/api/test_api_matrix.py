"""Role by route by foreign organization, over every route that the application has: nothing is open, nothing leaks."""

import pytest
from api_requests import Asked, asked_of
from api_world import CANARIES, ROLES, World
from httpx import Response

from atlas_workflows.api.v1.routing import V1Route
from crm_world import ONE, TWO

OPEN = {"GET /health"}
NOT_REFUSED = {200, 201, 202, 204, 304, 404, 409, 412, 422, 428}
OLD_ROUTES = 17


def _routes(world: World) -> list[Asked]:
    found = list(asked_of(world.app))
    assert len(found) > 30
    return found


def is_old(each: Asked) -> bool:
    """Whether it is a route of v1, which refuses as the old application did."""
    return isinstance(each.route, V1Route)


def code_of(each: Asked, answer: Response) -> str:
    """What a program goes by in a refusal."""
    return str(answer.json()["error"]["code"] if is_old(each) else answer.json()["code"])


def test_every_route_of_v1_is_among_them(world: World) -> None:
    assert sum(is_old(each) for each in _routes(world)) == OLD_ROUTES


def test_every_route_says_what_it_needs_and_only_the_health_is_open(world: World) -> None:
    assert {each.name for each in _routes(world) if each.needs is None} == OPEN
    others = {route.path for route in world.app.routes if not hasattr(route, "dependant")}
    assert others == {"/openapi.json"}


def test_nobody_comes_in_without_credentials_in_force(world: World) -> None:
    bad = [None, "Bearer", "Basic YTpi", "Bearer x.y.z", "Bearer atlas_0", f"Bearer atlas_{'A' * 38}"]
    for each in _routes(world):
        if each.name in OPEN:
            continue
        for authorization in bad:
            headers = {} if authorization is None else {"Authorization": authorization}
            answer = world.client.request(each.method, each.path(world.ids[ONE]), headers=headers)
            assert answer.status_code == 401, (each.name, authorization, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer"), each.name
            expected = "application/json" if is_old(each) else "application/problem+json"
            assert answer.headers["content-type"] == expected, each.name
            assert code_of(each, answer) in ("unauthenticated", "UNAUTHORIZED"), each.name


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_its_permissions_say_in_its_own_organization_only(world: World, role: str) -> None:
    scopes = set(world.get("session", role=role, organization=TWO)["organizations"][0]["permissions"])
    for each in _routes(world):
        if each.needs is None:
            continue
        request = each.request()
        headers = request.pop("headers")
        mine = world.call(
            each.method, each.path(world.ids[TWO]), role=role, organization=TWO, headers=headers, **request
        )
        may = not each.needs.everywhere and (each.needs.permission is None or each.needs.permission in scopes)
        assert (mine.status_code in NOT_REFUSED) if may else mine.status_code == 403, (
            each.name,
            role,
            mine.text,
        )
        assert CANARIES[ONE] not in mine.text, f"{each.name} shows what belongs to somebody else"


def test_another_organization_s_ids_are_not_to_be_found(world: World) -> None:
    asked = 0
    for each in _routes(world):
        if each.needs is None or each.needs.everywhere:
            continue
        request = each.request()
        headers = request.pop("headers")
        foreign = world.call(
            each.method, each.path(world.ids[ONE]), organization=TWO, headers=headers,
            **(request | ({"params": {"workflow": world.ids[ONE]["workflow"]}} if "member" in each.parameters else {})),
        )  # fmt: skip
        assert CANARIES[ONE] not in foreign.text, each.name
        if each.parameters:
            asked += 1
            assert foreign.status_code == 404, (each.name, foreign.text)
            assert code_of(each, foreign).lower().endswith("not_found"), each.name
        named = world.call(
            each.method, each.path(world.ids[ONE]), organization=TWO, headers={**headers, "X-Organization-ID": ONE}, **request
        )  # fmt: skip
        assert CANARIES[ONE] not in named.text, each.name
        assert each.needs.permission is None or named.status_code == 403, (each.name, named.text)
    assert asked > 10


@pytest.mark.parametrize("may_change", [True, False])
def test_an_operator_sees_the_installation_and_changes_it_where_the_login_may(
    world: World, may_change: bool
) -> None:
    world.session[0] = ("ops", may_change)
    try:
        token = world.client.get("/api/v2/session").json()["csrf"]
        for each in _routes(world):
            if each.needs is None:
                continue
            request = each.request()
            headers = request.pop("headers") | {
                "X-Organization-ID": TWO, "Sec-Fetch-Site": "same-origin", "X-Atlas-CSRF": token,
            }  # fmt: skip
            answer = world.client.request(each.method, each.path(world.ids[TWO]), headers=headers, **request)
            may = may_change or each.needs.permission in (None, "workflow:analytics")
            expected = NOT_REFUSED if may else {403}
            assert answer.status_code in expected, (each.name, answer.text)
            assert CANARIES[ONE] not in answer.text, each.name
    finally:
        world.session[0] = None
        world.client.cookies.clear()


# POSTs that store nothing, those whose answer holds a secret that is not kept (0125) or whose repeat is the same by itself, and
# a sample sent to a webhook, which is another call each time that it is asked for.
WITHOUT_KEY = {
    "api-keys", "audiences/count", "conditions/count", "conditions/explain", "dead-letters/{cause}/replay-plan", "forecasts",
    "migration/runs/{run}/approvals", "schedules/describe", "schedules/preview", "simulations", "templates-text/render", "validate",
    "webhooks", "webhooks/{endpoint}/rotations", "workflows/{workflow}/draft/merge",
    "workflows/{workflow}/publish-plan",
    "workflows/{workflow}/validate", "workflows/{workflow}/versions/{version}/restore",
}  # fmt: skip
# What has one state only, and what changes nothing that anybody reads back to write it.
WITHOUT_MATCH = {"DELETE api-keys/{key}", "PUT workflows/{workflow}/draft/presence"}


def _headers(asked: Asked) -> set[str]:
    return {each["name"] for each in asked.operation.get("parameters", ()) if each["in"] == "header"}


def test_whatever_starts_something_takes_a_key_and_whatever_changes_something_the_state_that_was_read(
    world: World,
) -> None:
    ours = [each for each in _routes(world) if not is_old(each)]
    found = {f"{each.method} {each.route.path_format.removeprefix('/api/v2/').split(':')[0]}": each for each in ours}  # fmt: skip
    posts = {name.removeprefix("POST "): each for name, each in found.items() if each.method == "POST"}
    assert {name for name, each in posts.items() if "Idempotency-Key" not in _headers(each)} == WITHOUT_KEY
    assert "If-Match" in _headers(posts["workflows/{workflow}/versions/{version}/restore"])
    unsafe = {name: each for name, each in found.items() if each.method in ("PUT", "PATCH", "DELETE")}
    assert {name for name, each in unsafe.items() if "If-Match" not in _headers(each)} == WITHOUT_MATCH
