"""What a file of the catalogue exports: a node type or a trigger type."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from atlas_workflows.engine.behaviour import Behaviour, Call, Outcome, Skipped, StepFailed
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.expressions.wording import why
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.graph.model import MAIN_PORT
from atlas_workflows.nodes.faults import blank_faults, faults_of
from atlas_workflows.nodes.parameters import ActionParameters, Parameters
from atlas_workflows.nodes.perform import perform
from atlas_workflows.nodes.template_faults import template_faults
from atlas_workflows.nodes.trigger_questions import Answer, Question, ask, held
from atlas_workflows.nodes.urls import url_faults

PortsOf = Callable[[Mapping[str, Any]], tuple[str, ...]]
Review = Callable[[Any], Iterable[Fault]]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeType:
    """A node type: its form, its ports, what it does to the world and why doing it twice is harmless.

    `causes` are the triggers that what it does may set off.
    `ports` depends on raw parameters where a function is given; it must not raise. `review` gets validated
    parameters and adds what a model cannot say. `missing_codes` and `wrong_codes` map a field to the code of its
    absence and of any other fault. `hears` names the events that the node may wait for.
    """

    name: str
    title: str
    category: str
    documentation: str
    parameters: type[Parameters]
    effect: Effect
    idempotency: str
    version: int = 1
    role: Role = Role.ACTION
    causes: tuple[str, ...] = ()
    ports_in: tuple[str, ...] = (MAIN_PORT,)
    ports: tuple[str, ...] | PortsOf = (MAIN_PORT,)
    port_notes: str = ""
    path_codes: Callable[[str], str | None] = lambda port: None  # noqa: ARG005
    missing_codes: Mapping[str, str] = field(default_factory=dict)
    wrong_codes: Mapping[str, str] = field(default_factory=dict)
    review: Review | None = None
    run: Behaviour = perform
    hears: Callable[[Mapping[str, Any]], tuple[str, ...]] = lambda parameters: ()  # noqa: ARG005

    def awaits(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        """Types of events that an execution with such a node wants to hear of; "*" for all."""
        return self.hears(parameters)

    def ports_out(self, parameters: Mapping[str, Any]) -> tuple[str, ...]:
        return self.ports if isinstance(self.ports, tuple) else self.ports(parameters)

    def missing_path(self, port: str) -> str | None:
        return self.path_codes(port)

    def prepare(self, parameters: Mapping[str, Any]) -> Any:
        """The validated parameters; raises StepFailed where they are wrong."""
        try:
            return self.parameters.model_validate(parameters)
        except ValidationError as error:
            first = faults_of(error, parameters, self.missing_codes, self.wrong_codes)[0]
            raise StepFailed("configuration", f"{first.message} {first.remedy}") from None

    def execute(self, call: Call) -> Outcome:
        """What the node does, unless its `skip_unless` says that there is nothing to do."""
        parameters = call.parameters
        condition = parameters.skip_unless if isinstance(parameters, ActionParameters) else None
        if condition is not None and not call.holds(condition):
            return Skipped(f"Its condition does not hold. {why(condition, call.scope, call.at)}")
        return self.run(call)

    def faults(self, parameters: Mapping[str, Any]) -> Sequence[Fault]:
        return _faults(self.parameters, parameters, self.missing_codes, self.review, self.wrong_codes)


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerType:
    """A trigger type: what has to happen, and what may be asked of it.

    `questions` say where an event answers what the parameters ask; `conditions` adds what takes several parameters,
    `timing` what the calendar has to say.
    """

    name: str
    title: str
    category: str
    documentation: str
    parameters: type[Parameters]
    version: int = 1
    missing_codes: Mapping[str, str] = field(default_factory=dict)
    review: Review | None = None
    questions: tuple[Question, ...] = ()
    conditions: Callable[[Any], Iterable[dict[str, Any]]] = lambda parameters: ()  # noqa: ARG005
    timing: Callable[[Any, Mapping[str, Any], Moment], Answer] = lambda parameters, data, at: Answer()  # noqa: ARG005
    never_fires: str = ""

    def faults(self, parameters: Mapping[str, Any]) -> Sequence[Fault]:
        return _faults(self.parameters, parameters, self.missing_codes, self.review)

    def answer(self, parameters: Mapping[str, Any], data: Mapping[str, Any], at: Moment) -> Answer:
        """Whether the trigger would fire on this event, `data` being the roots of paths."""
        if self.never_fires:
            return Answer((self.never_fires,))
        try:
            values = self.parameters.model_validate(parameters)
        except ValidationError:
            return Answer(tuple(fault.message for fault in self.faults(parameters)[:1]))
        found = ask(self.questions, self.conditions(values), dict(values), data, at)
        filters = parameters.get("filters")
        return (
            found + self.timing(values, data, at) + (Answer() if filters is None else held(filters, data, at))
        )


def _faults(
    model: type[Parameters],
    parameters: Mapping[str, Any],
    missing_codes: Mapping[str, str],
    review: Review | None,
    wrong_codes: Mapping[str, str] = MappingProxyType({}),
) -> Sequence[Fault]:
    found: list[Fault] = []
    try:
        values = model.model_validate(parameters)
    except ValidationError as error:
        found = faults_of(error, parameters, missing_codes, wrong_codes)
        if any(fault.code != "UNKNOWN_PARAMETER" for fault in found):
            return found
        # What the model does not know must not hide what else is wrong.
        known = {name: value for name, value in parameters.items() if name in model.model_fields}
        try:
            values = model.model_validate(known)
        except ValidationError:
            return found
    found += template_faults(parameters)
    found += url_faults(parameters)
    if missing_codes:
        found += blank_faults(parameters, missing_codes)
    if review is not None:
        found += review(values)
    return found
