"""Keys to the API: listed, made (shown once) and revoked by who administers an organization."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.cursors import page, place_of
from atlas_workflows.api.manners.exact import reply
from atlas_workflows.api.manners.problems import HttpProblem
from atlas_workflows.api.manners.routing import ADMINISTERS, Cursor, Limit, api_router
from atlas_workflows.api.schemas.api_keys import ApiKey, ApiKeys, MadeKey, NewApiKey
from atlas_workflows.store.api_keys import create_key, list_keys, revoke_key

ROUTER = api_router("api-keys")
Admin = Annotated[Tenant, Depends(ADMINISTERS)]


@ROUTER.get("/api-keys", response_model=ApiKeys)
def list_api_keys(admin: Admin, limit: Limit = 50, cursor: Cursor = None) -> Response:
    """The organization's keys, the newest first, those revoked and expired too."""
    place = place_of("api-keys", cursor)
    with admin.reading() as connection:
        found = list_keys(connection, admin.organization, limit + 1, place)
    return reply(ApiKeys, page("api-keys", found, limit, "created_at", "id"))


@ROUTER.post("/api-keys", response_model=MadeKey, status_code=201)
def create_api_key(admin: Admin, body: NewApiKey) -> Response:
    """Make a key. Its text is in this answer and nowhere else. Nobody gives a scope that he has not himself."""
    for scope in body.scopes:
        if not admin.caller.may(scope.value, admin.organization):
            raise HttpProblem("forbidden", f"You have no permission {scope.value} to give.", remedy="Leave it out.", field="scopes")  # fmt: skip
    by = admin.by(body.reason)
    with admin.deciding() as connection:
        kept, made = create_key(
            connection, admin.organization, body.name, map(str, body.scopes), by, admin.now, body.expires_at
        )
    return reply(MadeKey, {**asdict(kept), "key": made.text}, 201)


@ROUTER.delete("/api-keys/{key}", response_model=ApiKey)
def revoke_api_key(
    admin: Admin, key: UUID, reason: Annotated[str, Query(min_length=1, max_length=1_000)]
) -> Response:
    """End a key; from the next request on it opens nothing."""
    named = admin.require("api_keys", "key", key)
    with admin.deciding() as connection:
        return reply(ApiKey, revoke_key(connection, admin.organization, named, admin.by(reason), admin.now))
