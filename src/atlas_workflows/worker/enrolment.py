"""Whether an event enrols its subject in a workflow: the trigger's own answer, the fence, and the policy for coming again. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any, Protocol

from atlas_workflows.engine.events import Happened
from atlas_workflows.engine.limits import MAX_NESTED_WORKFLOWS
from atlas_workflows.engine.program import Program
from atlas_workflows.expressions.evaluate import Explanation
from atlas_workflows.expressions.moment import Moment, moment
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.graph.model import Trigger
from atlas_workflows.worker.arrivals import Arrived, Consequences, Listening, Occurred, Reason, Refusal
from atlas_workflows.worker.formats import Executable, Said
from atlas_workflows.worker.model import Start

MOST_LATELY = (
    100  # entries of one subject into one workflow within LATELY; beyond it something goes in a circle
)
ONCE = "once"  # the anchor under which whoever may enter once is enrolled, so that the key itself forbids a second time

BY_CALL = "webhook"  # the type of event that may tell its subject by an address or a number
# Under which further names an event is heard. The threshold is the trigger's own, so no event can be named after it.
_ALSO = {"lead_updated": ("contact_changed",), "lead_score_changed": ("lead_score_threshold",)}
# By which fact a trigger of this type is looked up; atlas.only_values holds the parameter that asks for it.
NARROWED_BY = {
    "form_submitted": "form_id",
    "survey_submitted": "survey_id",
    "lead_stage_changed": "to_stage",
    "opportunity_stage_changed": "to_stage",
}


class TriggerKind(Protocol):
    """A trigger type; its answer is the only matching there is, in simulations too."""

    def answer(self, parameters: Mapping[str, Any], data: Mapping[str, Any], at: Moment) -> Said: ...


class TriggerKinds(Protocol):
    """Where trigger types are found."""

    def trigger(self, type: str, version: int) -> TriggerKind | None: ...  # noqa: A002


Programs = Callable[[str, str, int], Executable | None]


def heard_as(event_type: str) -> tuple[str, ...]:
    """The names under which triggers and waits hear of an event, its own first."""
    return (event_type, *_ALSO.get(event_type, ()))


def only_value(event: Occurred) -> str | None:
    """The value by which listening triggers are looked up; None where all of the type have to be asked."""
    facts = event.data.get("trigger")
    name = NARROWED_BY.get(event.type)
    value = facts.get(name) if name is not None and isinstance(facts, Mapping) else None
    is_plain = isinstance(value, str) and value.isascii() and value.isprintable() and " " not in value
    return value.lower() if is_plain and isinstance(value, str) and value else None


def member_told(event: Occurred) -> Mapping[str, Any] | None:
    """How a call tells its subject: `by` an e-mail address, a phone number or an id of its own, and the `value`; None where it does not."""
    member = event.data.get("member") if event.type == BY_CALL and event.subject is None else None
    is_known = isinstance(member, Mapping) and member.get("by") in ("email", "phone", "external_id")
    return member if is_known else None


def about(event: Occurred, subject: str | None) -> Occurred:
    """The event with the subject that was found; how it was told is no part of it any more."""
    return replace(
        event, subject=subject, data={name: value for name, value in event.data.items() if name != "member"}
    )


def rounds(events: Sequence[Occurred]) -> list[list[Occurred]]:
    """The events in parts, in each at most one about the same subject, so that one sees what the one before did."""
    found: list[list[Occurred]] = []
    seen: dict[tuple[str, str], int] = {}
    for event in events:
        place = seen.get((event.organization, event.about), 0)
        seen[event.organization, event.about] = place + 1
        if place == len(found):
            found.append([])
        found[place].append(event)
    return found


def happened(event: Occurred, name: str, contact: Mapping[str, Any] | None) -> Happened:
    """What waiting executions are told of an event: its facts, what it is about, and the contact as it is now."""
    facts = event.data.get("trigger")
    data = {**(facts if isinstance(facts, Mapping) else {}), **event.data}
    data.pop("trigger", None)
    known = contact if contact is not None else event.data.get("contact")
    data.pop("contact", None)
    return Happened(name, event.at, data | ({"contact": known} if isinstance(known, Mapping) else {}))


def decide(arrived: Arrived, programs: Programs, kinds: TriggerKinds) -> Consequences:
    """Whom an event enrols, and why it does not enrol in the others that listen."""
    starts: list[Start] = []
    refusals: list[Refusal] = []
    deferred: list[Listening] = []
    for listening in arrived.listening:
        if listening.accepts == "later":
            deferred.append(listening)
            continue
        found = _asked(arrived, listening, programs, kinds)
        if isinstance(found, Refusal):
            refusals.append(found)
        else:
            starts.append(found)
    return Consequences(starts, refusals, deferred)


def _asked(
    arrived: Arrived, listening: Listening, programs: Programs, kinds: TriggerKinds
) -> Start | Refusal:
    event = arrived.event
    if listening.accepts == "gone":
        text = (
            "It waited for the old application's executions; meanwhile the workflow stopped listening here."
        )
        return Refusal(event, listening, Reason.NOT_LISTENING, text)
    program = programs(event.organization, listening.workflow, listening.version)
    trigger = None if program is None else _trigger(program, listening.trigger)
    if program is None or trigger is None:
        text = f"Version {listening.version} cannot be read, or does not have this trigger switched on."
        return Refusal(event, listening, Reason.NOT_LISTENING, text)
    refusal = _refusal(arrived, listening, program, trigger, kinds) or _circle(event, listening)
    return _start(arrived, listening, program, trigger) if refusal is None else refusal


def _trigger(program: Executable, key: str) -> Trigger | None:
    return next((t for t in program.workflow.triggers if t.id == key and t.enabled), None)


def data_of(arrived: Arrived) -> dict[str, Any]:
    """The roots of paths for what an event starts."""
    event = arrived.event
    facts = event.data.get("trigger")
    trigger = {
        "event": event.type,
        "occurred_at": event.at.isoformat(),
        **(facts if isinstance(facts, Mapping) else {}),
    }
    given = event.data.get("contact")
    contact = {"id": event.about, **(given if isinstance(given, Mapping) else {}), **(arrived.contact or {})}
    organization = {"id": event.organization, **arrived.organization}
    return {**event.data, "trigger": trigger, "contact": contact, "organization": organization}


def _refusal(
    arrived: Arrived, listening: Listening, program: Executable, trigger: Trigger, kinds: TriggerKinds
) -> Refusal | None:
    event = arrived.event
    if listening.accepts == "no":
        text = f"It happened at {event.at:%Y-%m-%d %H:%M:%S} UTC, before this workflow was taken over."
        return Refusal(event, listening, Reason.BEFORE_FENCE, text)
    said = _said(arrived, program, trigger, kinds)
    if said is None:
        return Refusal(event, listening, Reason.FILTER, f"The trigger type {trigger.type!r} does not exist.")
    if said.reasons:
        leaves = [leaf_to_json(leaf) for leaf in said.failed]
        return Refusal(event, listening, Reason.FILTER, " ".join(said.reasons), leaves)
    if said.unchecked:
        # Real events say what they have: what is missing here is missing, not left out of an input.
        text = f"The event does not say {', '.join(said.unchecked)}."
        return Refusal(event, listening, Reason.NOT_SAID, text)
    return _again(event, listening, program, trigger)


def _said(arrived: Arrived, program: Executable, trigger: Trigger, kinds: TriggerKinds) -> Said | None:
    at = moment(arrived.event.at, program.workflow.settings.timezone)
    if not isinstance(program, Program):
        return program.hears(trigger, data_of(arrived), at)
    kind = kinds.trigger(trigger.type, trigger.version)
    return None if kind is None else kind.answer(trigger.parameters, data_of(arrived), at)


def _again(event: Occurred, listening: Listening, program: Executable, trigger: Trigger) -> Refusal | None:
    """Whether the policy for coming again forbids it."""
    text, settings = "", program.workflow.settings
    days = settings.re_entry_after_days
    if listening.entered_at is None:
        return None
    if may_enter_once(program, trigger):
        text = f"It may be entered once, and was on {listening.entered_at:%Y-%m-%d %H:%M} UTC."
    elif settings.re_entry == "after_exit" and listening.is_inside:
        text = f"The subject is still in it, since {listening.entered_at:%Y-%m-%d %H:%M} UTC."
    elif days is not None and event.at < listening.entered_at + timedelta(days=days):
        text = f"It may be entered again {days:g} days after {listening.entered_at:%Y-%m-%d %H:%M} UTC."
    if text:
        return Refusal(event, listening, Reason.RE_ENTRY, text)
    if listening.entered_lately >= MOST_LATELY:
        text = f"The subject entered it {listening.entered_lately} times within an hour; what it does may start it again."
        return Refusal(event, listening, Reason.LOOPING, text)
    return None


def _circle(event: Occurred, listening: Listening) -> Refusal | None:
    """Whether executions have made each other begin for too long: the bound of workflows that start workflows holds here too."""
    if event.depth is None or event.depth < MAX_NESTED_WORKFLOWS:
        return None
    text = (
        f"Execution {event.caused_by} made it happen, behind {event.depth} others that made each other begin: "
        f"what these workflows do starts them again (MAX_NESTED_WORKFLOWS)."
    )
    return Refusal(event, listening, Reason.LOOPING, text)


def may_enter_once(program: Executable, trigger: Trigger) -> bool:
    """Whether a subject enters at most once: the workflow's policy, or a form that skips a person's second submission."""
    return (
        program.workflow.settings.re_entry == "once" or trigger.parameters.get("duplicate_handling") == "skip"
    )


def _start(arrived: Arrived, listening: Listening, program: Executable, trigger: Trigger) -> Start:
    event = arrived.event
    return Start(
        organization=event.organization,
        workflow=listening.workflow,
        subject=event.about,
        anchor=ONCE if may_enter_once(program, trigger) else event.anchor,
        trigger=trigger.id,
        data=data_of(arrived),
        triggered_by="event",
        priority=program.workflow.settings.priority,
        depth=0 if event.depth is None else event.depth + 1,
        events=_earlier(arrived) if program.looks_back else (),
        is_owed=listening.accepts == "owed",
    )


def _earlier(arrived: Arrived) -> tuple[Mapping[str, Any], ...]:
    """What came before as waits that look back want it, the oldest first."""
    before = (happened(event, event.type, None) for event in reversed(arrived.earlier()))
    return tuple({"type": e.type, "at": e.at.isoformat(), "data": dict(e.data)} for e in before)


def leaf_to_json(leaf: Explanation) -> dict[str, Any]:
    """A comparison as it is kept: what it asked, and the value it saw; None where there was none."""
    actual = None if leaf.actual is MISSING else leaf.actual
    return {"field": leaf.field, "operator": leaf.operator, "expected": leaf.expected, "actual": actual}
