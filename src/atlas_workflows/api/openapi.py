"""What the API says of itself: FastAPI's document, with who may call each route and what a refusal looks like."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import BaseModel

from atlas_workflows.api.doors.caller import HEADER
from atlas_workflows.api.doors.needs import Needs
from atlas_workflows.api.schemas.problems import Problem
from atlas_workflows.api.v1.errors import STATUSES
from atlas_workflows.api.v1.letting_in import HEADER as LET_IN_HEADER
from atlas_workflows.api.v1.letting_in import FieldNeeds
from atlas_workflows.api.v1.routing import V1Route
from atlas_workflows.api.v1.schemas.errors import V1Error

VERSION = "2.0"
LET_IN = "webhookSecret"
ABOUT = (
    "Workflows, executions and the migration of an organization. Every request brings `Authorization: Bearer` with an API key "
    "or a token of the identity provider; refusals are `application/problem+json` with a `code` to go by."
)
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
REFUSED = {
    "description": "Refused: see `code`, `field` and `remedy`.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
OLD_REFUSED = {
    "description": "Refused: see `error.code`, `error.message` and `error.details`.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/V1Error"}}},
}
KNOWN_ALREADY = {"description": "It is as it was when it was read."}
_ORGANIZATION = {
    # Without the format uuid: generated Python clients hand such a header to httpx as it is, which takes texts only.
    "name": HEADER, "in": "header", "required": False, "schema": {"type": "string"},
    "description": "Which organization, by its UUID; needed where the caller may act for several.",
}  # fmt: skip


def operation_id(route: APIRoute) -> str:
    """What generated clients call the function: that of the route; of v1 with the version behind it."""
    return f"{route.name}_v1" if isinstance(route, V1Route) else route.name


def describe(app: FastAPI) -> None:
    """Let /openapi.json say it; made at the first request."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of the application."""
    found = get_openapi(title=app.title, version=VERSION, description=ABOUT, routes=app.routes)
    components = found.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}"
    )
    nested = components["schemas"]["Problem"].pop("$defs", {})
    components["schemas"] |= nested
    if hasattr(app.state, "v1"):
        _add(components["schemas"], V1Error)
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, or a token of the identity provider."},
    }  # fmt: skip
    if hasattr(app.state, "v1"):
        about = "The shared secret of a caller that was let in for a while, from its network."
        components["securitySchemes"][LET_IN] = {"type": "apiKey", "in": "header", "name": LET_IN_HEADER, "description": about}  # fmt: skip
    for route in app.routes:
        if isinstance(route, APIRoute) and route.include_in_schema and needs_of(route) is not None:
            for method in route.methods:
                _complete(found["paths"][route.path_format][method.lower()], route)
    # FastAPI's own words about what is refused; ours are Problem.
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    return found


def _add(schemas: dict[str, Any], model: type[BaseModel]) -> None:
    made = model.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= made.pop("$defs", {})
    schemas[model.__name__] = made


def needs_of(route: APIRoute) -> Needs | None:
    """What a route needs; None for one that is open."""
    kept = [each.call for each in route.dependant.dependencies if isinstance(each.call, Needs)]
    return kept[0] if kept else None


def _refusals(operation: dict[str, Any], route: APIRoute) -> set[int]:
    """With which statuses an operation may refuse."""
    found = {401, 403, 422, 429, 503}
    headers = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
    found |= {304} if "If-None-Match" in headers else set()
    found |= {412, 428} if "If-Match" in headers else set()
    found |= {400, 408, 413, 415} if "requestBody" in operation else set()
    # A body may name what is not there, as a path may.
    found |= {404} if "{" in route.path or "requestBody" in operation else set()
    return found | ({409, 412} if route.methods & UNSAFE else set())


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    needs = needs_of(route)
    if needs is None:
        return
    operation["responses"].pop("422", None)
    is_old = isinstance(route, V1Route)
    refusals = set(STATUSES) if is_old else _refusals(operation, route)
    told = OLD_REFUSED if is_old else REFUSED
    operation["responses"] |= {
        str(status): KNOWN_ALREADY if status == 304 else told for status in sorted(refusals)
    }
    if is_old:
        _say_its_end(operation)
    operation["security"] = [{"bearer": []}, *([{LET_IN: []}] if isinstance(needs, FieldNeeds) else [])]
    operation["x-permission"] = needs.permission or "any"
    if needs.everywhere:
        operation["x-everywhere"] = True
    elif needs.permission is not None:
        operation.setdefault("parameters", []).append(_ORGANIZATION)


def _say_its_end(operation: dict[str, Any]) -> None:
    """Every answer of v1 announces when it ends."""
    headers = {name: {"schema": {"type": "string"}} for name in ("Deprecation", "Sunset", "Link")}
    for status, answer in operation["responses"].items():
        operation["responses"][status] = {**answer, "headers": headers}
