"""What the API says of itself: FastAPI's document, with who may call each route and what a refusal looks like."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from atlas_workflows.api.doors.caller import HEADER
from atlas_workflows.api.doors.needs import Needs
from atlas_workflows.api.schemas.problems import Problem

VERSION = "2.0"
ABOUT = (
    "Workflows, executions and the migration of an organization. Every request brings `Authorization: Bearer` with an API key "
    "or a token of the identity provider; refusals are `application/problem+json` with a `code` to go by."
)
REFUSED = {
    "description": "Refused: see `code`, `field` and `remedy`.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
_ORGANIZATION = {
    "name": HEADER, "in": "header", "required": False, "schema": {"type": "string", "format": "uuid"},
    "description": "Which organization; needed where the caller may act for several.",
}  # fmt: skip


def describe(app: FastAPI, base: str) -> None:
    """Let /openapi.json say it; made at the first request."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app, base)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI, base: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application."""
    found = get_openapi(title=app.title, version=VERSION, description=ABOUT, routes=app.routes)
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    nested = components["schemas"]["Problem"].pop("$defs", {})
    components["schemas"] |= nested
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token of the identity provider."},
    }  # fmt: skip
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema and route.path.startswith(base):
            for method in route.methods:
                _complete(found["paths"][route.path_format][method.lower()], route)
    return found


def needs_of(route: APIRoute) -> Needs | None:
    """What a route needs; None for one that is open."""
    kept = [each.call for each in route.dependant.dependencies if isinstance(each.call, Needs)]
    return kept[0] if kept else None


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    needs = needs_of(route)
    operation["responses"]["default"] = REFUSED
    if needs is None:
        return
    operation["security"] = [{"bearer": []}]
    operation["x-permission"] = needs.permission or "any"
    if needs.everywhere:
        operation["x-everywhere"] = True
    elif needs.permission is not None:
        operation.setdefault("parameters", []).append(_ORGANIZATION)
