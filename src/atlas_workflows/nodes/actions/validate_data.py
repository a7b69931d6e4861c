"""Checks rules; fails, with the rules that do not hold, where fail_when_invalid says so."""

from collections.abc import Iterable

from pydantic import Field

from atlas_workflows.engine.behaviour import Call, Done, Outcome, StepFailed
from atlas_workflows.graph.catalogue import Effect, Fault
from atlas_workflows.nodes.faults import missing
from atlas_workflows.nodes.fields import Condition, VariableName
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import ActionParameters


class ValidateDataParameters(ActionParameters):
    rules: list[Condition] = Field(description="What has to be true.")
    fail_when_invalid: bool = Field(False, description="Whether a broken rule fails the step.")
    output: VariableName | None = Field(None, description="Variable that takes the result.")


def review(parameters: ValidateDataParameters) -> Iterable[Fault]:
    if not parameters.rules:
        yield missing("MISSING_RULES", "rules", "The rules")


def run(call: Call) -> Outcome:
    parameters: ValidateDataParameters = call.parameters
    broken = [place for place, rule in enumerate(parameters.rules) if not call.holds(rule)]
    if broken and parameters.fail_when_invalid:
        places = ", ".join(f"rules[{place}]" for place in broken)
        raise StepFailed("data", f"The data breaks {places}.")
    result = {"valid": not broken, "broken_rules": broken}
    return Done(result, variables={parameters.output: result} if parameters.output else {})


NODE = NodeType(
    name="validate_data",
    title="Check data",
    category="data",
    documentation="Checks rules; fails, with the rules that do not hold, where fail_when_invalid says so.",
    parameters=ValidateDataParameters,
    effect=Effect.NONE,
    idempotency="Nothing is done to the world; the result depends on the data alone.",
    missing_codes={"rules": "MISSING_RULES"},
    review=review,
    run=run,
)
