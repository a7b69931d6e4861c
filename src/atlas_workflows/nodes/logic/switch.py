"""Sends the execution to the first case that fits."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from atlas_workflows.engine.behaviour import Call, Done, Outcome
from atlas_workflows.expressions.condition import Group, Leaf, parse_condition
from atlas_workflows.expressions.evaluate import compile_condition
from atlas_workflows.expressions.values import is_blank
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.graph.model import Severity
from atlas_workflows.nodes.fields import Condition, NumberOrTemplate, PortName, Text
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters
from atlas_workflows.nodes.template_faults import pattern_faults

_NEEDED = {"exact": "value", "pattern": "pattern", "condition": "condition"}


class Case(Parameters):
    """One way out. Range bounds are inclusive; one of the two may be left out."""

    port: PortName = Field(description="Port that this case leaves by.")
    kind: Literal["exact", "pattern", "range", "condition"] = Field(
        "exact", description="How it is compared."
    )
    value: Any = Field(
        None,
        description="exact: the value, compared as by `equals`: what is missing on both sides is not equal.",
    )
    pattern: str | None = Field(
        None, description="pattern: a regular expression (RE2), found anywhere in the value."
    )
    min: NumberOrTemplate | None = Field(
        None, description="range: smallest number that fits; a template that finds none fits nothing."
    )
    max: NumberOrTemplate | None = Field(None, description="range: largest number that fits.")
    condition: Condition | None = Field(None, description="condition: asked instead of looking at the value.")

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        needed = _NEEDED.get(self.kind)
        if needed is not None and needed not in self.model_fields_set:
            raise PydanticCustomError(
                "INCOMPLETE_CASE",
                "A case of kind {kind} needs {needed}.",
                {"kind": self.kind, "needed": needed},
            )
        if self.kind == "range" and self.min is None and self.max is None:
            raise PydanticCustomError("INCOMPLETE_CASE", "A case of kind range needs min or max.")
        return self


class SwitchParameters(Parameters):
    value: Text | None = Field(None, description="Template of the value that the cases look at.")
    cases: list[Case] = Field(description="Cases in the order in which they are tried.")
    default_port: PortName = Field("default", description="Port taken where no case fits.")


def ports(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    cases = parameters.get("cases")
    named = [case.get("port") for case in cases if isinstance(case, dict)] if isinstance(cases, list) else []
    default = parameters.get("default_port", "default")
    return tuple(dict.fromkeys(port for port in [*named, default] if isinstance(port, str)))


def review(parameters: SwitchParameters) -> Iterable[Fault]:
    if not parameters.cases:
        yield Fault("MISSING_CASES", "cases", "The switch has no cases.", "Add at least one case.")
    names = [case.port for case in parameters.cases]
    for port in sorted({port for port in names if names.count(port) > 1}) if len(names) <= 1_000 else ():
        message = f"Several cases leave by the port {port!r}."
        yield Fault("DUPLICATE_PORT", "cases", message, "Give each case its own port.")
    for place, case in enumerate(parameters.cases):
        yield from pattern_faults(case.pattern, f"cases[{place}].pattern")
        yield from _range_faults(case, f"cases[{place}].min")
    if parameters.value is None and any(case.kind != "condition" for case in parameters.cases):
        yield Fault("MISSING_SWITCH_VALUE", "value", "The switch has no value to look at.", "Give value.")


def _range_faults(case: Case, field: str) -> Iterable[Fault]:
    """A warning where no number can lie between the bounds; templates are known only when they are rendered."""
    low, high = case.min, case.max
    if case.kind != "range" or low is None or high is None or isinstance(low, str) or isinstance(high, str):
        return
    if low > high:
        message = f"No value fits the case {case.port!r}: its min {low} is above its max {high}."
        yield Fault("EMPTY_RANGE", field, message, "Swap min and max.", Severity.WARNING)


def run(call: Call) -> Outcome:
    parameters: SwitchParameters = call.parameters
    value = None if parameters.value is None else call.value(parameters.value)
    for case in parameters.cases:
        if _fits(call, case, value):
            return Done({"value": value, "port": case.port}, case.port, note=f"It is {case.port}.")
    return Done(
        {"value": value, "port": parameters.default_port}, parameters.default_port, note="No case fits."
    )


def _fits(call: Call, case: Case, value: Any) -> bool:
    if case.kind == "condition":
        return case.condition is not None and call.holds(case.condition)
    if case.kind == "range":
        return _reaches(call, _AT_LEAST, value, case.min) and _reaches(call, _AT_MOST, value, case.max)
    if case.kind == "pattern":
        return not is_blank(case.pattern) and _compares(call, _matching(str(case.pattern)), value)
    if case.value is None:
        return _compares(call, _NULL, value)
    return _compares(call, _EQUAL, value, call.value(case.value))


def _reaches(call: Call, bound_asked: Group | Leaf, value: Any, bound: Any) -> bool:
    """Whether a bound that is not set, or the one that was found, lets the value pass; one that was not found does not."""
    return bound is None or _compares(call, bound_asked, value, call.value(bound))


def _compares(call: Call, question: Group | Leaf, value: Any, expected: Any = None) -> bool:
    # The operand goes through the scope: what a value contains is never read as a template.
    return compile_condition(question)({"value": value, "expected": expected}, call.at)


def _asked(operator: str, **operand: Any) -> Group | Leaf:
    return parse_condition({"field": "value", "operator": operator, **operand})


# Parsed once: a case asks the same of every value.
_EQUAL = _asked("equals", value="{{ expected }}")
_NULL = _asked("equals")
_AT_LEAST = _asked("greater_than_or_equal", value="{{ expected }}")
_AT_MOST = _asked("less_than_or_equal", value="{{ expected }}")


@lru_cache(maxsize=512)
def _matching(pattern: str) -> Group | Leaf:
    return _asked("matches_regex", value=pattern)


NODE = NodeType(
    name="switch",
    title="Switch",
    category="flow",
    documentation="Tries the cases in order and leaves by the port of the first that fits, else by the default port.",
    parameters=SwitchParameters,
    effect=Effect.NONE,
    idempotency="The port is stored with the step; a repeat takes the same way.",
    role=Role.CHOICE,
    ports=ports,
    port_notes="one per case, and the default port",
    missing_codes={"cases": "MISSING_CASES"},
    review=review,
    run=run,
)
