"""The catalogue: node types and trigger types with the schemas of their forms; asked again it costs a 304."""

import hashlib
from functools import cache
from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from atlas_workflows.api.doors.needs import Tenant
from atlas_workflows.api.manners.exact import Model, document_of, reply
from atlas_workflows.api.manners.preconditions import IfNoneMatch, is_known, tag_of
from atlas_workflows.api.manners.routing import KNOWN, READS, api_router
from atlas_workflows.api.schemas.catalogue import Fields, NodeTypes, Operators, TriggerTypes
from atlas_workflows.exact_json import dumps
from atlas_workflows.expressions.operators import NEGATIONS, SEEKING, Operator, operand_of, types_of
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.format_schema import format_schema
from atlas_workflows.nodes.node_type import NodeType, TriggerType
from atlas_workflows.recurring.audience.member_fields import fields_of

ROUTER = api_router("catalogue")


@ROUTER.get("/node-types", response_model=NodeTypes, dependencies=[Depends(KNOWN)])
def list_node_types(known: IfNoneMatch = None) -> Response:
    """Every node type, with its form."""
    return _answer(*node_types(), known)


@ROUTER.get("/triggers", response_model=TriggerTypes, dependencies=[Depends(KNOWN)])
def list_triggers(known: IfNoneMatch = None) -> Response:
    """Every trigger type, with its form."""
    return _answer(*trigger_types(), known)


@ROUTER.get("/operators", response_model=Operators, dependencies=[Depends(KNOWN)])
def list_operators(known: IfNoneMatch = None) -> Response:
    """Every operator of conditions, with its label and what it compares with."""
    return _answer(*operators(), known)


@ROUTER.get("/schema/workflow", response_model=dict[str, Any], dependencies=[Depends(KNOWN)])
def read_schema(known: IfNoneMatch = None) -> Response:
    """The JSON Schema of format atlas.workflow/1 with the parameters of every node type; asked again it costs a 304."""
    return _answer(*workflow_schema(), known)


@ROUTER.get("/fields", response_model=Fields)
def list_fields(reader: Annotated[Tenant, Depends(READS)]) -> Response:
    """What conditions and placeholders of the organization can use of a member, by path; custom fields as its rows have them."""
    with reader.deciding() as connection:
        return reply(Fields, {"items": fields_of(connection, reader.organization)})


@cache
def operators() -> tuple[bytes, str]:
    """Those of conditions."""
    content = dumps(document_of(Operators, {"items": [_operator(each) for each in Operator]}))
    return content, _tag_of(content)


@cache
def workflow_schema() -> tuple[bytes, str]:
    """The published schema."""
    content = dumps(format_schema(load_catalogue()))
    return content, _tag_of(content)


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
    return content, _tag_of(content)


def _tag_of(content: bytes) -> str:
    return tag_of(hashlib.sha256(content).hexdigest()[:32])


def _operator(operator: Operator) -> dict[str, Any]:
    negated = NEGATIONS.get(operator)
    return {
        "name": operator.value, "label": operator.value.replace("_", " "), "operand": operand_of(operator).value,
        "negates": None if negated is None else negated.value, "needs_value": operator in SEEKING,
        "types": list(types_of(operator)),
    }  # fmt: skip


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
