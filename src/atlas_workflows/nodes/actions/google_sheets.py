"""Writes to or reads from a spreadsheet."""

from typing import Any, Literal

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Mapping, Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class GoogleSheetsParameters(ActionParameters):
    operation: Literal["append", "update", "read"] | None = Field(None, description="What is done.")
    spreadsheet_id: Text | None = Field(None, description="Which spreadsheet.")
    range: Text | None = Field(None, description="Which cells, e.g. Leads!A:D.")
    values: list[Any] = Field(default_factory=list, description="Cells of one row; texts may be templates.")
    options: Mapping = Field(default_factory=dict, description="Further settings of the booking system.")
    output: VariableName | None = Field(None, description="Variable that takes the result.")


NODE = NodeType(
    name="google_sheets",
    title="Google Sheets",
    category="integration",
    documentation="Writes to or reads from a spreadsheet.",
    parameters=GoogleSheetsParameters,
    effect=Effect.EXTERNAL,
    idempotency="The effect's key is kept in a developer metadata entry of the row.",
)
