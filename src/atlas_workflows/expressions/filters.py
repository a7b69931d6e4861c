"""What may follow a bar in a placeholder: `| default("there")`, `| upper`, `| date("%d %B %Y")` …"""

import html
import re
from collections.abc import Callable
from datetime import datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from atlas_workflows.errors import ExpressionInvalid
from atlas_workflows.exact_json import dumps_text
from atlas_workflows.expressions import limits
from atlas_workflows.expressions.membership import items_of
from atlas_workflows.expressions.moment import Moment, When, when
from atlas_workflows.expressions.paths import MISSING
from atlas_workflows.expressions.values import ValueKind, is_blank, kind_of, number, number_text, text_of

Filter = Callable[[Any, Moment], Any]

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_DIRECTIVE = re.compile(r"%(-?[A-Za-z%])")
_DATE_FORMATS = {
    "long": "%-d %B %Y",
    "short": "%d/%m/%Y",
    "iso": "%Y-%m-%d",
    "time": "%H:%M",
    "datetime": "%-d %B %Y, %H:%M",
}
_ROUNDING = Context(prec=limits.MAX_NUMBER_DIGITS + 40, rounding=ROUND_HALF_UP)
_MAX_PLACES = 20


def written(value: Any, at: Moment) -> str:
    """A value as rendered text; lists joined by commas, objects as JSON, instants in the zone of `at`."""
    if type(value) is int:
        return number_text(value)
    match kind_of(value):
        case ValueKind.LIST:
            return ", ".join(_item(item, at) for item in value)
        case ValueKind.OBJECT:
            return _json(value)
        case ValueKind.DATE if isinstance(value, datetime):
            point = when(value, at)
            return "" if point is None else point.instant.astimezone(at.zone).isoformat()
        case _:
            return text_of(value) or ""


def _item(value: Any, at: Moment) -> str:
    return _json(value) if kind_of(value) is ValueKind.LIST else written(value, at)


def make_filter(name: str, arguments: tuple[Any, ...]) -> Filter:
    """The filter of that name; raises ExpressionInvalid for an unknown name or wrong arguments."""
    found = FILTERS.get(name)
    if found is None:
        raise ExpressionInvalid(
            f"There is no filter {name!r}.", remedy=f"Use one of {', '.join(sorted(FILTERS))}.", filter=name
        )
    factory, types = found
    fitting = len(arguments) <= len(types) and all(
        isinstance(argument, type_) and not (type_ is int and isinstance(argument, bool))
        for argument, type_ in zip(arguments, types, strict=False)
    )
    if not fitting or (name == "default" and not arguments):
        raise ExpressionInvalid(
            f"The filter {name!r} does not take {arguments!r}.",
            remedy="See the list of filters.",
            filter=name,
        )
    return factory(*arguments)


def _json(value: Any) -> str:
    try:
        return dumps_text(value)
    except (TypeError, ValueError, RecursionError):
        return ""


def _on_text(change: Callable[[str], str]) -> Callable[[], Filter]:
    def filter_(value: Any, at: Moment) -> Any:
        return value if value is MISSING else change(value if type(value) is str else written(value, at))

    return lambda: filter_


def _default(fallback: Any) -> Filter:
    return lambda value, _at: fallback if is_blank(value) else value


def _date(format_: str = "long") -> Filter:
    pattern = _DATE_FORMATS.get(format_, format_)

    def filter_(value: Any, at: Moment) -> Any:
        point = when(value, at)
        return value if point is None else format_date(point, pattern, at)

    return filter_


def format_date(point: When, pattern: str, at: Moment) -> str:
    """strftime without the system's locale: %Y %y %m %-m %B %b %d %-d %H %-H %I %-I %M %S %p %A %a %j."""
    if point.only_day:
        local = datetime.combine(point.day, time.min)
    else:
        local = point.instant.astimezone(at.zone).replace(tzinfo=None)
    return _DIRECTIVE.sub(lambda match: _directive(match[1], local), pattern)


def _directive(letter: str, local: datetime) -> str:
    hour = local.hour % 12 or 12
    return {
        "Y": f"{local.year:04}", "y": f"{local.year % 100:02}", "m": f"{local.month:02}", "-m": f"{local.month}",
        "B": _MONTHS[local.month - 1], "b": _MONTHS[local.month - 1][:3], "d": f"{local.day:02}", "-d": f"{local.day}",
        "H": f"{local.hour:02}", "-H": f"{local.hour}", "I": f"{hour:02}", "-I": f"{hour}", "M": f"{local.minute:02}",
        "S": f"{local.second:02}", "p": "AM" if local.hour < 12 else "PM", "A": _DAYS[local.weekday()],
        "a": _DAYS[local.weekday()][:3], "j": f"{local.timetuple().tm_yday:03}", "%": "%",
    }.get(letter, f"%{letter}")  # fmt: skip


def rounded(value: Any, places: int) -> Decimal | None:
    """The number a value is, half rounded away from zero, or None."""
    exact = number(value)
    if exact is None or abs(Decimal(exact).adjusted()) > limits.MAX_NUMBER_DIGITS:
        return None
    return Decimal(exact).quantize(Decimal(1).scaleb(-min(places, _MAX_PLACES)), context=_ROUNDING)


def _number(places: int = 0) -> Filter:
    def filter_(value: Any, _: Moment) -> Any:
        result = rounded(value, max(places, 0))
        return value if result is None else f"{result:,f}"

    return filter_


def _round(places: int = 0) -> Filter:
    def filter_(value: Any, _: Moment) -> Any:
        result = rounded(value, max(places, 0))
        return value if result is None else number_text(result)

    return filter_


def _truncate(length: int = 100, mark: str = "…") -> Filter:
    def shorten(text: str) -> str:
        return text if len(text) <= length else text[: max(length - len(mark), 0)].rstrip() + mark

    return _on_text(shorten)()


def _join(separator: str = ", ") -> Filter:
    def filter_(value: Any, at: Moment) -> Any:
        return value if value is MISSING else separator.join(_item(item, at) for item in items_of(value))

    return filter_


def _at(index: int) -> Callable[[], Filter]:
    def filter_(value: Any, _: Moment) -> Any:
        if isinstance(value, str | list | tuple):
            return value[index] if value else MISSING
        return value

    return lambda: filter_


def _length() -> Filter:
    return lambda value, _at: len(value) if isinstance(value, str | list | tuple | dict) else value


def _title(text: str) -> str:
    return " ".join(word[:1].upper() + word[1:].lower() for word in text.split(" "))


# name -> (factory, types of its arguments)
FILTERS: dict[str, tuple[Callable[..., Filter], tuple[Any, ...]]] = {
    "default": (_default, (object,)),
    "upper": (_on_text(str.upper), ()),
    "lower": (_on_text(str.lower), ()),
    "title": (_on_text(_title), ()),
    "capitalize": (_on_text(lambda text: text[:1].upper() + text[1:]), ()),
    "trim": (_on_text(str.strip), ()),
    "escape": (_on_text(html.escape), ()),
    "date": (_date, (str,)),
    "number": (_number, (int,)),
    "round": (_round, (int,)),
    "truncate": (_truncate, (int, str)),
    "join": (_join, (str,)),
    "first": (_at(0), ()),
    "last": (_at(-1), ()),
    "length": (_length, ()),
    "json": (lambda: lambda value, _at: value if value is MISSING else _json(value), ()),
}
