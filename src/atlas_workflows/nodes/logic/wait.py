"""Holds the execution until a time, an event or a condition."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from atlas_workflows.engine.behaviour import Call, Outcome, Park, StepFailed
from atlas_workflows.errors import AtlasError
from atlas_workflows.expressions.condition import parse_condition
from atlas_workflows.expressions.templates import references
from atlas_workflows.graph.catalogue import Effect, Fault, Role
from atlas_workflows.nodes.fields import BusinessHours, Wait
from atlas_workflows.nodes.node_type import NodeType
from atlas_workflows.nodes.parameters import Parameters
from atlas_workflows.schedule.due import DueContext, due_at, look_back_since
from atlas_workflows.schedule.spec import Closures, Region
from atlas_workflows.schedule.waits import (
    AnniversaryWait,
    BusinessHoursWait,
    ConditionWait,
    DynamicWait,
    EventWait,
    Restrained,
    UntilWait,
)


class WaitParameters(Parameters):
    wait: Wait = Field(description="For how long, until when, or for what.")


def ports(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    wait = parameters.get("wait")
    is_bounded = (
        isinstance(wait, dict)
        and wait.get("kind") in ("until_event", "until_condition")
        and wait.get("timeout") is not None
    )
    return ("main", "timeout") if is_bounded else ("main",)


def review(parameters: WaitParameters) -> Iterable[Fault]:
    yield from _missing_hours(parameters.wait)
    for place, condition in _conditions(parameters.wait):
        try:
            parse_condition(condition)
        except AtlasError as error:
            yield Fault("INCOMPLETE_CONDITION", place, error.fact, error.remedy)


def _missing_hours(wait: Any) -> Iterator[Fault]:
    field = ""
    if isinstance(wait, Restrained) and wait.business_hours_only is True:
        field = "wait.business_hours_only"
    elif isinstance(wait, BusinessHoursWait) and wait.hours is None:
        field = "wait.hours"
    if field:
        message = f"{field} says no hours, and nothing here says that the organization has any; without them the step fails."
        remedy = 'Write them: {"mon": ["09:00-17:00"], "tue": ["09:00-17:00"]}.'
        yield Fault("MISSING_BUSINESS_HOURS", field, message, remedy)


def _conditions(wait: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(wait, ConditionWait):
        yield "wait.condition", wait.condition
    elif isinstance(wait, EventWait):
        for place, event in enumerate(wait.events):
            if event.filter is not None:
                yield f"wait.events[{place}].filter", event.filter
    elif isinstance(wait, DynamicWait):
        for place, modifier in enumerate(wait.modifiers):
            yield f"wait.modifiers[{place}].condition", modifier.condition


def run(call: Call) -> Outcome:
    wait: Wait = call.parameters.wait
    around = _surroundings(call)
    due = due_at(wait, call.now, around)
    if isinstance(wait, ConditionWait):
        return Park(
            due.at, due.port, condition=parse_condition(wait.condition), note="For a condition to hold."
        )
    if isinstance(wait, EventWait):
        events = tuple({"type": event.type, "filter": event.filter} for event in wait.events)
        # Without look_back what came before does not count, not even the event that brought the execution here.
        since = None if wait.look_back is None else look_back_since(wait, call.now, around)
        names = ", ".join(event.type for event in wait.events)
        note = f"For {names}." if len(wait.events) == 1 else f"For {wait.mode} of {names}."
        return Park(due.at, due.port, events, wait.mode == "all", since=since, note=note)
    return Park(due.at, follows=_follows(wait))


def _follows(wait: Wait) -> tuple[str, ...]:
    """The roots that the date of a wait is taken from."""
    dated = wait.at if isinstance(wait, UntilWait) else wait.of if isinstance(wait, AnniversaryWait) else ""
    return tuple(dict.fromkeys(path.partition(".")[0] for path in references(dated)))


def hears(parameters: Mapping[str, Any]) -> tuple[str, ...]:
    """The events it waits for; a wait for a condition or until a date of the data looks up at every event."""
    wait = parameters.get("wait")
    if not isinstance(wait, Mapping):
        return ()
    if wait.get("kind") == "until_event":
        events = wait.get("events")
        named = (e.get("type") for e in events if isinstance(e, Mapping)) if isinstance(events, list) else ()
        return tuple(name for name in named if isinstance(name, str))
    is_open = wait.get("kind") == "until_condition" or "{{" in str(wait.get("at", "")) + str(
        wait.get("of", "")
    )
    return ("*",) if is_open else ()


class _Organization(BaseModel):
    """When the organization is open, as its data say; everything else about it is left aside."""

    business_hours: BusinessHours | None = None
    holidays: Region | None = None
    closures: Closures | None = None


def _surroundings(call: Call) -> DueContext:
    given = call.look("organization")
    try:
        known = _Organization.model_validate(given if isinstance(given, Mapping) else {})
    except ValidationError as error:
        name = error.errors(include_url=False, include_input=False)[0]["loc"][0]
        what = {"business_hours": "business hours", "holidays": "a country", "closures": "dates"}[str(name)]
        raise StepFailed("data", f"organization.{name} cannot be read as {what}.") from None
    return DueContext(
        timezone=call.timezone,
        hours=known.business_hours,
        holidays=known.holidays,
        closures=frozenset(known.closures or ()),
        holds=lambda condition: call.holds(parse_condition(condition)),
        render=call.text,
    )


NODE = NodeType(
    name="wait",
    title="Wait",
    category="flow",
    documentation=(
        "Holds the execution: for a length of time, until a moment, a time of day, the next time a date comes round, "
        "business hours, until events come or a condition holds. It is as long as it says; nothing cuts it short."
    ),
    parameters=WaitParameters,
    effect=Effect.NONE,
    idempotency="The due time is stored when the wait begins and does not move on a repeat.",
    role=Role.PAUSE,
    ports=ports,
    port_notes="timeout only where the wait has one",
    missing_codes={
        "wait": "MISSING_WAIT_TYPE",
        "wait.kind": "MISSING_WAIT_TYPE",
        "wait.amount": "MISSING_WAIT_DURATION",
        "wait.unit": "MISSING_WAIT_DURATION",
    },
    wrong_codes={"wait": "MISSING_WAIT_TYPE"},
    review=review,
    run=run,
    hears=hears,
)
