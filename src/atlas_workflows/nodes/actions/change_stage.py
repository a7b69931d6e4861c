"""Moves the subject to another stage of a pipeline."""

from collections.abc import Mapping as Object
from typing import Any

from pydantic import Field

from atlas_workflows.graph.catalogue import Effect
from atlas_workflows.nodes.fields import Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters
from atlas_workflows.nodes.perform import perform_with


class ChangeStageParameters(ActionParameters):
    stage: Text = Field(description="New stage.")
    pipeline: Text | None = Field(None, description="Pipeline; the default one where left out.")


def changes(content: Object[str, Any], contact: Object[str, Any]) -> Object[str, Any]:  # noqa: ARG001
    return {"stage": content["stage"]}


NODE = NodeType(
    name="change_stage",
    title="Change stage",
    category="crm",
    documentation="Moves the subject to another stage of a pipeline.",
    parameters=ChangeStageParameters,
    effect=Effect.INTERNAL,
    idempotency="Setting the same value again changes nothing.",
    causes=("lead_stage_changed",),
    missing_codes={"stage": "MISSING_STAGE"},
    run=perform_with(changes),
)
