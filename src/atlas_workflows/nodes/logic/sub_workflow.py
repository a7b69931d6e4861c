"""Executes another workflow as a step of this one."""

from typing import Any

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Outcome, Perform, StepFailed
from atlas_workflows.engine.limits import MAX_NESTED_WORKFLOWS
from atlas_workflows.graph.catalogue import Effect, Role
from atlas_workflows.nodes.fields import Text, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters


class SubWorkflowParameters(Parameters):
    workflow_id: Text = Field(description="Which workflow; its published version is executed.")
    input: dict[str, Any] = Field(
        default_factory=dict, description="What it finds under `trigger`; texts may be templates."
    )
    wait_for_result: bool = Field(True, description="Whether this workflow waits until that one has ended.")
    output: VariableName | None = Field(
        None, description="Variable that takes its result: execution, outcome and variables."
    )


def run(call: Call) -> Outcome:
    parameters: SubWorkflowParameters = call.parameters
    if call.depth >= MAX_NESTED_WORKFLOWS:
        message = (
            f"Workflows call each other more than {MAX_NESTED_WORKFLOWS} levels deep (MAX_NESTED_WORKFLOWS)."
        )
        raise StepFailed("recursion", message)
    workflow = (
        call.text(parameters.workflow_id)
        if isinstance(parameters.workflow_id, str)
        else parameters.workflow_id
    )
    content = {
        "workflow_id": workflow,
        "input": call.value(parameters.input),
        "wait_for_result": parameters.wait_for_result,
        "depth": call.depth + 1,
    }
    return Perform("sub_workflow", content, parameters.output, is_wait=parameters.wait_for_result)


NODE = NodeType(
    name="sub_workflow",
    title="Sub-workflow",
    category="flow",
    documentation=(
        "Executes another workflow for the same subject, from its manual trigger, else from its first one. It fails "
        "where that one fails. Workflows may call each other at most 10 levels deep."
    ),
    parameters=SubWorkflowParameters,
    effect=Effect.INTERNAL,
    idempotency="The inner execution's id is derived from (execution, node, iteration), so it is started once.",
    role=Role.PAUSE,
    missing_codes={"workflow_id": "MISSING_SUB_WORKFLOW"},
    run=run,
)
