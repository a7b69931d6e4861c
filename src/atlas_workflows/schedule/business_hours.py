"""Weekly opening hours: several intervals per weekday in wall-clock time, the end exclusive."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from atlas_workflows.schedule.refusal import InvalidField, refuse

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FULL_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAXIMUM_INTERVALS = 24
Outside = Literal["skip", "next", "previous"]
Minutes = tuple[int, int]
_INTERVAL = re.compile(r"([01][0-9]|2[0-4]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])", re.ASCII)


def read_interval(text: str) -> Minutes:
    """Minutes of the day of "09:00-17:30"; raises for anything else, for an empty or a backward one."""
    match = _INTERVAL.fullmatch(text.strip())
    if match is None:
        raise _refusal(
            f"{text[:40]!r} is not an interval.", 'Write "09:00-17:30"; 24:00 is the end of the day.'
        )
    hours_from, minutes_from, hours_to, minutes_to = map(int, match.groups())
    start, end = hours_from * 60 + minutes_from, hours_to * 60 + minutes_to
    if end > 1440 or start >= end:
        raise _refusal(
            f"{text!r} ends before it starts.", "Split an interval over midnight at 24:00 into two weekdays."
        )
    return start, end


def _refusal(fact: str, remedy: str) -> InvalidField:
    return InvalidField(refuse("business_hours", fact, remedy))


def _check_interval(text: str) -> str:
    read_interval(text)
    return text.strip()


Interval = Annotated[str, AfterValidator(_check_interval), Field(examples=["09:00-17:30"])]
Day = Annotated[list[Interval], Field(default_factory=list, max_length=MAXIMUM_INTERVALS)]


class BusinessHours(BaseModel):
    """Intervals per weekday and what becomes of an occurrence outside them.

    `outside`: skip drops it, next moves it to the next opening, previous to the last minute before closing.
    Also read: full weekday names, {"start", "end"} objects, and one interval for {"days": [...]}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    mon: Day
    tue: Day
    wed: Day
    thu: Day
    fri: Day
    sat: Day
    sun: Day
    outside: Outside = "next"

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, document: Any) -> Any:
        return _normalised(document) if isinstance(document, Mapping) else document

    @model_validator(mode="after")
    def _open_at_all(self) -> "BusinessHours":
        if not any(self.week):
            raise _refusal("no weekday has an interval, so it is never open.", "Give at least one interval.")
        return self

    @property
    def week(self) -> tuple[tuple[Minutes, ...], ...]:
        """Sorted intervals in minutes of the day, Monday first."""
        days = (self.mon, self.tue, self.wed, self.thu, self.fri, self.sat, self.sun)
        return tuple(tuple(sorted(read_interval(text) for text in day)) for day in days)


def _normalised(document: Mapping[str, Any]) -> dict[str, Any]:
    nested = document.get("weekdays", document.get("hours"))
    flat = {**{key: value for key, value in document.items() if key not in ("weekdays", "hours")}}
    if isinstance(nested, Mapping):
        flat |= nested
    if "start" in flat and "end" in flat:
        interval = f"{flat.pop('start')}-{flat.pop('end')}"
        days = flat.pop("days", WEEKDAYS[:5])
        if not isinstance(days, list | tuple):
            raise _refusal("days is no list of weekdays.", 'Write "days": ["mon", "tue"].')
        flat |= {_weekday(day): [interval] for day in days}
    return {_weekday(key) if key != "outside" else key: _intervals(value) for key, value in flat.items()}


def _weekday(name: Any) -> str:
    text = str(name).strip().lower()
    return WEEKDAYS[FULL_NAMES.index(text)] if text in FULL_NAMES else text


def _intervals(value: Any) -> Any:
    if isinstance(value, Mapping):
        value = [value]
    if not isinstance(value, list | tuple):
        return value
    if len(value) == 2 and all(isinstance(end, str) and "-" not in end for end in value):
        value = [value]
    return [_interval(item) for item in value]


def _interval(item: Any) -> Any:
    if isinstance(item, Mapping) and "start" in item and "end" in item:
        return f"{item['start']}-{item['end']}"
    if isinstance(item, list | tuple) and len(item) == 2:
        return f"{item[0]}-{item[1]}"
    return item
