"""The catalogue: node types and trigger types with the schemas of their forms; asked again it costs a 304."""

import hashlib
from functools import cache
from typing import Any

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.manners.exact import Model, document_of
from atlas_workflows.api.manners.preconditions import IfNoneMatch, is_known, tag_of
from atlas_workflows.api.manners.routing import KNOWN, api_router
from atlas_workflows.api.schemas.catalogue import NodeTypes, TriggerTypes
from atlas_workflows.exact_json import dumps
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.node_type import NodeType, TriggerType

ROUTER = api_router("catalogue")


@ROUTER.get("/node-types", response_model=NodeTypes, dependencies=[Depends(KNOWN)])
def list_node_types(known: IfNoneMatch = None) -> Response:
    """Every node type, with its form."""
    return _answer(*node_types(), known)


@ROUTER.get("/triggers", response_model=TriggerTypes, dependencies=[Depends(KNOWN)])
def list_triggers(known: IfNoneMatch = None) -> Response:
    """Every trigger type, with its form."""
    return _answer(*trigger_types(), known)


@cache
def node_types() -> tuple[bytes, str]:
    """The answer and its ETag; the catalogue is the same for as long as the process lives."""
    return _made(NodeTypes, [_node(kind) for kind in load_catalogue().nodes.values()])


@cache
def trigger_types() -> tuple[bytes, str]:
    """The same of triggers."""
    return _made(TriggerTypes, [_trigger(kind) for kind in load_catalogue().triggers.values()])


def _made(model: type[Model], items: list[dict[str, Any]]) -> tuple[bytes, str]:
    content = dumps(
        document_of(model, {"items": sorted(items, key=lambda item: (item["name"], item["version"]))})
    )
    return content, tag_of(hashlib.sha256(content).hexdigest()[:32])


def _node(kind: NodeType) -> dict[str, Any]:
    names = ("name", "version", "title", "category", "documentation", "idempotency", "port_notes")
    return {
        **{name: getattr(kind, name) for name in names},
        "role": kind.role.value,
        "effect": kind.effect.value,
        "ports_in": list(kind.ports_in),
        "ports_out": list(kind.ports_out({})),
        "causes": list(kind.causes),
        "parameters": kind.parameters.model_json_schema(),
    }


def _trigger(kind: TriggerType) -> dict[str, Any]:
    names = ("name", "version", "title", "category", "documentation", "never_fires")
    return {
        **{name: getattr(kind, name) for name in names},
        "parameters": kind.parameters.model_json_schema(),
    }


def _answer(content: bytes, tag: str, known: str | None) -> Response:
    if is_known(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    return Response(content, headers={"ETag": tag}, media_type="application/json")
