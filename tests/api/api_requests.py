"""The least request that a route takes, made from its OpenAPI, so that a new route is asked like all others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from fastapi.routing import APIRoute

from atlas_workflows.api.doors.needs import Needs
from atlas_workflows.api.openapi import needs_of


@dataclass(frozen=True)
class Asked:
    """A method of a route, what it needs, and what it takes."""

    method: str
    route: APIRoute
    needs: Needs | None
    operation: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method} {self.route.path}"

    @property
    def parameters(self) -> set[str]:
        """The names in its path."""
        return {each["name"] for each in self.operation.get("parameters", ()) if each["in"] == "path"}

    def path(self, ids: Mapping[str, str]) -> str:
        """Its address with these ids; KeyError for a name that the world has no id for."""
        return self.route.path_format.format(**{name: ids[name] for name in self.parameters})

    def request(self) -> dict[str, Any]:
        """Headers, query and body that it cannot do without."""
        needed = [each for each in self.operation.get("parameters", ()) if each.get("required")]
        headers = {each["name"]: uuid4().hex for each in needed if each["in"] == "header"}
        query = {each["name"]: self._value(each["schema"]) for each in needed if each["in"] == "query"}
        content = self.operation.get("requestBody", {}).get("content", {})
        body = {"json": self._value(content["application/json"]["schema"])} if content else {}
        return {"headers": headers, "params": query, **body}

    def _value(self, schema: Mapping[str, Any]) -> Any:
        if "$ref" in schema:
            return self._value(self.schemas[schema["$ref"].rpartition("/")[2]])
        if "enum" in schema:
            return schema["enum"][0]
        if "anyOf" in schema:
            return self._value(schema["anyOf"][0])
        if schema.get("type") == "object":
            return {name: self._value(schema["properties"][name]) for name in schema.get("required", ())}
        if schema.get("type") == "array":
            return [self._value(schema["items"])] * schema.get("minItems", 0)
        if schema.get("format") == "uuid":
            return str(uuid4())
        if schema.get("format") == "date-time":
            return "2026-03-02T09:00:00Z"
        return {"string": "x" * schema.get("minLength", 1), "boolean": False}.get(
            str(schema.get("type")), schema.get("minimum", 1)
        )


def asked_of(app: Any) -> Iterator[Asked]:
    """Every method of every route that the application has, open ones too."""
    document = app.openapi()
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in sorted(route.methods):
                operation = document["paths"].get(route.path_format, {}).get(method.lower(), {})
                yield Asked(method, route, needs_of(route), operation, document["components"]["schemas"])
