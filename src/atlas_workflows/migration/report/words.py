"""What stands in reports as settings, said in words: waits, schedules, answers of conditions, and what steps found. Pure."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from atlas_workflows.errors import AtlasError
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.schedule.describe import describe
from atlas_workflows.schedule.spec import parse_spec

LONGEST = 300
SCHEDULE_KEYS = frozenset({"cron", "rrule", "every", "once"})
DAYS = {
    "mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
    "sun": "Sunday",
}  # fmt: skip
MOST_LINES = 12


def in_words(value: Any) -> str:
    """A value as people read it; what has no words of its own is shown as it is written, cut where it is long."""
    if isinstance(value, str):
        return _cut(value) or "an empty text"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _cut(_wait(value) or _schedule(value) or _answer(value) or dumps_text(value))
    return _cut(dumps_text(value) if isinstance(value, (list, tuple)) else str(value))


def lines_of(summary: Mapping[str, Any]) -> Iterator[str]:
    """What a step found, a line per fact; long lists are cut and say how long they are."""
    for name, value in summary.items():
        said = name.replace("_", " ")
        if isinstance(value, Mapping):
            yield f"{said}: {_pairs(value) or 'none'}"
        elif isinstance(value, (list, tuple)):
            yield f"{said}: {len(value) or 'none'}"
            yield from (f"  {_item(item)}" for item in value[:MOST_LINES])
            if len(value) > MOST_LINES:
                yield f"  and {len(value) - MOST_LINES} more"
        else:
            yield f"{said}: {_plain(value)}"


def _wait(value: Mapping[str, Any]) -> str:
    told = _WAITS.get(str(value.get("kind")))
    words = told(value) if told else ""
    return f"{words}{_restrained(value)}" if words else ""


def _duration(value: Mapping[str, Any]) -> str:
    return length(value) if {"amount", "unit"} <= value.keys() else ""


def length(value: Mapping[str, Any]) -> str:
    """2 days, 1 hour."""
    unit = str(value["unit"])
    return f"{value['amount']} {unit.removesuffix('s') if str(value['amount']) == '1' else unit}"


def _until(value: Mapping[str, Any]) -> str:
    return f"until {value.get('at')}{_moved(value)}"


def _anniversary(value: Mapping[str, Any]) -> str:
    return f"until {value.get('of')} comes round{_moved(value)}"


def _moved(value: Mapping[str, Any]) -> str:
    offset = value.get("offset")
    if not isinstance(offset, Mapping):
        return ""
    amount = str(offset["amount"])
    told = length({"amount": amount.removeprefix("-"), "unit": offset["unit"]})
    return f", {told} {'before' if amount.startswith('-') else 'later'}"


def _time_of_day(value: Mapping[str, Any]) -> str:
    days = [DAYS.get(day, str(day)) for day in value.get("days") or ()]
    return f"until it is {value.get('time')}{' on ' + ', '.join(days) if days else ''}"


def _event(value: Mapping[str, Any]) -> str:
    events = [str(event.get("type")) for event in value.get("events") or () if isinstance(event, Mapping)]
    joined = (" and " if value.get("mode") == "all" else " or ").join(events)
    return f"until {joined} comes{_at_most(value)}"


def _condition(value: Mapping[str, Any]) -> str:
    return f"until a condition holds{_at_most(value)}"


def _at_most(value: Mapping[str, Any]) -> str:
    return (
        f", at most {length(value['timeout'])}"
        if isinstance(value.get("timeout"), Mapping)
        else ", however long"
    )


def _business_hours(_value: Mapping[str, Any]) -> str:
    return "until the next opening"


def _dynamic(value: Mapping[str, Any]) -> str:
    base = value.get("base")
    lengths = [length(part) for part in value.get("modifiers") or () if {"amount", "unit"} <= part.keys()]
    if not isinstance(base, Mapping):
        return ""
    changed = f", changed for some by {', '.join(lengths)}" if lengths else ""
    return f"{length(base)}{changed}"


_WAITS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "duration": _duration, "until": _until, "anniversary": _anniversary, "time_of_day": _time_of_day,
    "until_event": _event, "until_condition": _condition, "business_hours": _business_hours, "dynamic": _dynamic,
}  # fmt: skip


def _restrained(value: Mapping[str, Any]) -> str:
    zone = f" ({value['timezone']})" if value.get("timezone") else ""
    return f"{', in business hours only' if value.get('business_hours_only') else ''}{zone}"


def _schedule(value: Mapping[str, Any]) -> str:
    if not SCHEDULE_KEYS & value.keys():
        return ""
    try:
        return describe(parse_spec(dict(value)))
    except AtlasError:
        return ""


def _answer(value: Mapping[str, Any]) -> str:
    """Of a condition's example: what it is asked about, and what comes of it."""
    if not {"field_value", "answer"} <= value.keys():
        return ""
    engine = f" by the engine {value['engine']}" if value.get("engine") else ""
    return f"{in_words(value['answer'])} for {in_words(value['field_value'])}{engine}"


def _pairs(value: Mapping[str, Any]) -> str:
    return ", ".join(f"{_name(name)} {_plain(item)}" for name, item in value.items())


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"({_pairs(value)})"
    if isinstance(value, (list, tuple)):
        return f"({', '.join(map(_plain, value))})"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else in_words(value)


def _name(name: Any) -> str:
    return str(name).replace("_", " ")


def _item(item: Any) -> str:
    return _pairs(item) if isinstance(item, Mapping) else _plain(item)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"
