"""Fills the generated parts of docs/reference/schedules.md, so that the page cannot disagree with the code."""

import re
from collections.abc import Callable
from typing import Any, get_args

from pydantic import BaseModel

from atlas_workflows.errors import InputError
from atlas_workflows.schedule import (
    business_hours,
    due,
    fires,
    frequency,
    openness,
    question,
    recurrence,
    spec,
)
from atlas_workflows.schedule.dialects import DEVIATIONS
from atlas_workflows.schedule.waits import LONGEST_SECONDS, AwaitedEvent, Length, Modifier, Offset, Wait

_PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill_page(page: str) -> str:
    """The page with every `<!-- generated: NAME -->` part made anew; raises InputError for an unknown name."""
    return _PART.sub(lambda match: f"{match[1]}{_part(match[2])}\n{match[3]}", page)


def deviations() -> str:
    """Table of the cron dialects we deviate from."""
    rows = [
        f"| {each.dialect} | `{each.expression}` | {each.theirs} | {each.ours} | {each.reason} |"
        for each in DEVIATIONS
    ]
    return "\n".join(["| dialect | expression | theirs | ours | why |", "|---|---|---|---|---|", *rows])


def schedule_fields() -> str:
    """Tables of the fields of a schedule spec and of the objects inside it."""
    return "\n\n".join([_fields(spec.ScheduleSpec), *_inner(spec.Every, spec.CatchUp)])


def business_hours_fields() -> str:
    """Table of the fields of business hours."""
    return _fields(business_hours.BusinessHours)


def waits() -> str:
    """One table per kind of wait."""
    parts = []
    for model in get_args(get_args(Wait)[0]):
        kind = get_args(model.model_fields["kind"].annotation)[0]
        documentation = " ".join((model.__doc__ or "").split())
        parts.append(f"**`{kind}`**: {documentation}\n\n{_fields(model, hidden=('kind',))}")
    return "\n\n".join([*parts, *_inner(Length, Offset, AwaitedEvent, Modifier)])


def bounds() -> str:
    """Table of every stated limit."""
    rows = {
        "occurrences asked for at once": question.MAXIMUM_COUNT,
        "shortest distance between occurrences": f"{int(frequency.SHORTEST.total_seconds())} s",
        "years that are searched ahead": recurrence.HORIZON_YEARS,
        "days without an occurrence after which a recurrence rule ends": recurrence.FRUITLESS_DAYS,
        "slots of a rule that one question may walk through": fires.SLOTS_PER_QUESTION,
        "slots dropped in a row after which a schedule outside business hours ends": fires.FRUITLESS_SLOTS,
        "days ahead that are searched for an opening": openness.MAXIMUM_DAYS,
        "COUNT and INTERVAL of a recurrence rule": recurrence.MAXIMUM_COUNT,
        "skip dates, closures": spec.MAXIMUM_DATES,
        "jitter": f"{spec.MAXIMUM_JITTER} s",
        "intervals per weekday": business_hours.MAXIMUM_INTERVALS,
        "longest wait": f"{LONGEST_SECONDS // 86_400} days",
        "how long ago a date of `until` may be that a template gives": f"{due.FARTHEST_PAST.days} days",
    }
    return "\n".join(
        ["| what | bound |", "|---|---|", *(f"| {what} | {bound} |" for what, bound in rows.items())]
    )


def _part(name: str) -> str:
    parts: dict[str, Callable[[], str]] = {
        "deviations": deviations,
        "schedule_fields": schedule_fields,
        "business_hours_fields": business_hours_fields,
        "waits": waits,
        "bounds": bounds,
    }
    if name not in parts:
        raise InputError(
            f"The page asks for {name!r}, which nothing makes.", remedy=f"Known: {', '.join(parts)}."
        )
    return parts[name]()


def _inner(*models: type[BaseModel]) -> list[str]:
    return [
        f"**{model.__name__}**: {' '.join((model.__doc__ or '').split())}\n\n{_fields(model)}"
        for model in models
    ]


def _fields(model: type[BaseModel], hidden: tuple[str, ...] = ()) -> str:
    schema = model.model_json_schema()
    required = schema.get("required", [])
    rows = [
        f"| `{name}` | {_type(entry)} | {'required' if name in required else _default(entry)} |"
        for name, entry in schema["properties"].items()
        if name not in hidden
    ]
    return "\n".join(["| field | type | default |", "|---|---|---|", *rows])


def _type(entry: dict[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{value}`" for value in entry["enum"])
    if "$ref" in entry:
        return str(entry["$ref"]).rsplit("/", 1)[-1]
    if "anyOf" in entry:
        return " or ".join(
            dict.fromkeys(_type(each) for each in entry["anyOf"] if each.get("type") != "null")
        )
    if entry.get("type") == "array":
        return f"list of {_type(entry['items'])}"
    words = [str(entry.get("format") or entry.get("type", "any"))]
    if "minimum" in entry and "maximum" in entry:
        words.append(f"{entry['minimum']} to {entry['maximum']}")
    return " ".join(words)


def _default(entry: dict[str, Any]) -> str:
    value = entry.get("default")
    return "" if value in (None, [], {}) or isinstance(value, dict) else f"`{value}`"
