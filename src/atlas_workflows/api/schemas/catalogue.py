"""Node types and trigger types, as a builder needs them."""

from typing import Any

from atlas_workflows.api.manners.exact import Model


class NodeType(Model):
    """A node type in one version; `parameters` is the JSON Schema of its form, with titles."""

    name: str
    version: int
    title: str
    category: str
    documentation: str
    role: str
    effect: str
    idempotency: str
    ports_in: list[str]
    ports_out: list[str]
    port_notes: str
    causes: list[str]
    parameters: dict[str, Any]


class TriggerType(Model):
    """A trigger type in one version. `never_fires` says why none of it does, where that is so."""

    name: str
    version: int
    title: str
    category: str
    documentation: str
    never_fires: str
    parameters: dict[str, Any]


class NodeTypes(Model):
    """Every node type."""

    items: list[NodeType]


class TriggerTypes(Model):
    """Every trigger type."""

    items: list[TriggerType]


class Operator(Model):
    """An operator. `operand`: none, any, pair, list, pattern, days or period; `types`: as what the field may be read first."""

    name: str
    label: str
    operand: str
    types: list[str]
    negates: str | None
    needs_value: bool


class Operators(Model):
    """Every operator."""

    items: list[Operator]


class Field(Model):
    """A field of members. `records`: in which tables of people it is; `is_custom`: kept among the custom fields."""

    path: str
    kind: str
    records: list[str]
    is_custom: bool


class Fields(Model):
    """Every field, by path."""

    items: list[Field]
