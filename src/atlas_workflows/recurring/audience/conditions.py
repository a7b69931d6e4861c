"""One leaf of an audience query as SQL over the row `found`, which is always true or false. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg import sql as compose

from atlas_workflows.integrations.crm.tables import Table
from atlas_workflows.recurring.audience.days import Asked, Window, anniversaries_of, window_of
from atlas_workflows.recurring.audience.fields import Bound, Field, Kind, date_of, field_of
from atlas_workflows.recurring.audience.query import AnniversaryLeaf, DateLeaf, FieldLeaf
from atlas_workflows.recurring.audience.refusal import refuse

SQL = compose.SQL
NEGATED = {"not_equals": "equals", "not_in": "in", "not_contains": "contains", "is_not_empty": "is_empty"}
SIGNS = {
    "greater_than": ">", "greater_than_or_equal": ">=", "less_than": "<", "less_than_or_equal": "<=",
}  # fmt: skip
IN_TEXT = {
    "contains": "strpos({field}, {value}) > 0",
    "starts_with": "starts_with({field}, {value})",
    "ends_with": "right({field}, length({value})) = {value}",
}
NUMERAL = "^-?[0-9]{1,30}([.][0-9]{1,30})?$"
FITS: Mapping[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("equals", "in", "is_empty", *IN_TEXT),
    Kind.NUMBER: ("equals", "in", "is_empty", *SIGNS),
    Kind.REAL: ("equals", "in", "is_empty", *SIGNS),
    Kind.BOOLEAN: ("equals", "is_empty", "is_true", "is_false"),
    Kind.DATE: ("is_empty",),
    Kind.INSTANT: ("is_empty",),
    Kind.LOCAL: ("is_empty",),
    Kind.CUSTOM: ("equals", "in", "is_empty", "is_true", "is_false", *IN_TEXT, *SIGNS),
    Kind.LIST: (),
}


def field_condition(leaf: FieldLeaf, table: Table, place: str, bound: Bound) -> compose.Composable:
    """A field compared with a value; what is not there equals nothing. Raises AudienceRefused."""
    found = field_of(table, leaf.field, f"{place}.field", bound)
    operator = NEGATED.get(leaf.operator, leaf.operator)
    if operator not in FITS[found.kind]:
        raise _unfit(leaf, found, place)
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    parts = [_compared(found, operator, value, place, bound) for value in values]
    words = SQL("coalesce({}, false)").format(SQL(" OR ").join(parts))
    return SQL("(NOT {})").format(words) if leaf.operator in NEGATED else words


def date_condition(
    leaf: DateLeaf, table: Table, place: str, asked: Asked, bound: Bound
) -> compose.Composable:
    """A date that lies within a window. Raises AudienceRefused."""
    found = date_of(table, leaf.date, f"{place}.date", bound)
    bounds = _bounds(found, window_of(leaf, asked), place)
    parts = [SQL("{} {} {}").format(_point(found), SQL(sign), bound(*value)) for sign, value in bounds]
    return SQL("coalesce({}, false)").format(SQL(" AND ").join(parts))


def anniversary_condition(
    leaf: AnniversaryLeaf, table: Table, place: str, asked: Asked, bound: Bound
) -> compose.Composable:
    """A date that comes every year and comes on the day meant; 29 February of a year without one is no date."""
    found = date_of(table, leaf.anniversary, f"{place}.anniversary", bound)
    meant = anniversaries_of(leaf, asked)
    words = "coalesce(mod({day}, 10000) = ANY({days}) AND {day} / 10000 <= {until}, false)"
    return SQL(words).format(
        day=SQL("atlas.yearly_day({})").format(_day_as_text(found, asked, place, bound)),
        days=bound(list(meant.days), "integer[]"),
        until=bound(meant.until, "integer"),
    )


def _compared(found: Field, operator: str, value: Any, place: str, bound: Bound) -> compose.Composable:
    if operator == "is_empty":
        return _is_empty(found)
    if operator in ("is_true", "is_false"):
        return _is(found, operator == "is_true", bound)
    if isinstance(value, bool):
        return _is(_fitting(found, (Kind.BOOLEAN, Kind.CUSTOM), value, place), value, bound)
    if isinstance(value, int | float):
        return _number(
            _fitting(found, (Kind.NUMBER, Kind.REAL, Kind.CUSTOM), value, place), operator, value, bound
        )
    return _text(_fitting(found, (Kind.TEXT, Kind.CUSTOM), value, place), operator, value, place, bound)


def _is_empty(found: Field) -> compose.Composable:
    if found.kind in (Kind.TEXT, Kind.CUSTOM):
        return SQL(r"coalesce({} !~ '[^ \t\n\r]', true)").format(found.expression)
    return SQL("{} IS NULL").format(found.expression)


def _is(found: Field, wanted: bool, bound: Bound) -> compose.Composable:
    if found.kind is Kind.CUSTOM:
        return SQL("{} = {}").format(_folded(found.expression), bound("true" if wanted else "false"))
    return SQL("{} IS {}").format(found.expression, SQL("TRUE" if wanted else "FALSE"))


def _number(found: Field, operator: str, value: float, bound: Bound) -> compose.Composable:
    sign = SQL(SIGNS.get(operator, "="))
    if operator in IN_TEXT:
        return _in_text(found, operator, str(value), bound)
    if found.kind is Kind.REAL:
        return SQL("{} {} {}").format(found.expression, sign, bound(float(value), "double precision"))
    read = found.expression
    if found.kind is Kind.CUSTOM:
        read = SQL("CASE WHEN {0} ~ {1} THEN {0}::numeric END").format(read, bound(NUMERAL))
    return SQL("({}) {} {}").format(read, sign, bound(Decimal(repr(value)), "numeric"))


def _text(found: Field, operator: str, value: str, place: str, bound: Bound) -> compose.Composable:
    if operator in SIGNS:
        raise refuse(f"{place}.value", f"{operator} compares numbers, and this is a text.", "Write a number.")
    return _in_text(found, operator, value, bound)


def _in_text(found: Field, operator: str, value: str, bound: Bound) -> compose.Composable:
    words = SQL(IN_TEXT.get(operator, "{field} = {value}"))
    return words.format(field=_folded(found.expression), value=_folded(bound(value)))


def _folded(words: compose.Composable) -> compose.Composable:
    # By collation "C" the letters A to Z alone change, on every server alike.
    return SQL('lower({} COLLATE "C")').format(words)


def _fitting(found: Field, kinds: Sequence[Kind], value: Any, place: str) -> Field:
    if found.kind in kinds:
        return found
    raise refuse(
        f"{place}.value",
        f"{found.name} is compared as {found.kind.value}, and {str(value)[:40]!r} is something else.",
        "Give a value of its kind.",
    )


def _unfit(leaf: FieldLeaf, found: Field, place: str) -> Exception:
    if found.kind is Kind.LIST:
        remedy = 'Ask for tags with {"tags": …}, for custom fields with custom.NAME.'
    elif found.kind in (Kind.DATE, Kind.INSTANT, Kind.LOCAL):
        remedy = 'Ask for dates with {"date": …} or {"anniversary": …}.'
    else:
        remedy = f"Use {', '.join(FITS[found.kind])}."
    return refuse(
        f"{place}.operator", f"{leaf.operator} does not fit {found.name}, a {found.kind.value}.", remedy
    )


def _point(found: Field) -> compose.Composable:
    if found.kind is Kind.LOCAL:
        return SQL("({} AT TIME ZONE 'UTC')").format(found.expression)
    if found.kind in (Kind.TEXT, Kind.CUSTOM):
        # Days of this form have the order of their texts, whatever else stands behind them.
        return SQL(
            "(CASE WHEN {0} ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}' THEN left({0}, 10) COLLATE \"C\" END)"
        ).format(found.expression)
    return found.expression


def _bounds(found: Field, window: Window, place: str) -> list[tuple[str, tuple[Any, str]]]:
    if found.kind in (Kind.INSTANT, Kind.LOCAL):
        both: tuple[Any, Any] = (window.since, window.until)
        kind = "timestamptz"
    elif found.kind is Kind.DATE:
        both, kind = (window.first, window.beyond), "date"
    elif found.kind in (Kind.TEXT, Kind.CUSTOM):
        both = (_iso(window.first), _iso(window.beyond))
        kind = "text"
    else:
        raise refuse(f"{place}.date", f"{found.name} is a {found.kind.value}, no date.", "Name a date.")
    return [(sign, (value, kind)) for sign, value in zip((">=", "<"), both, strict=True) if value is not None]


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day_as_text(found: Field, asked: Asked, place: str, bound: Bound) -> compose.Composable:
    """The day as people wrote it. An instant at midnight UTC is a bare date; any other has the day of the zone."""
    if found.kind in (Kind.TEXT, Kind.CUSTOM):
        return found.expression
    if found.kind is Kind.DATE:
        return SQL("to_char({}, 'YYYY-MM-DD')").format(found.expression)
    if found.kind not in (Kind.INSTANT, Kind.LOCAL):
        raise refuse(
            f"{place}.anniversary", f"{found.name} is a {found.kind.value}, no date.", "Name a date."
        )
    at = (
        found.expression
        if found.kind is Kind.INSTANT
        else SQL("({} AT TIME ZONE 'UTC')").format(found.expression)
    )
    words = (
        "to_char(CASE WHEN ({0} AT TIME ZONE 'UTC')::time = '00:00' THEN {0} AT TIME ZONE 'UTC' "
        "ELSE {0} AT TIME ZONE {1} END, 'YYYY-MM-DD')"
    )
    return SQL(words).format(at, bound(asked.timezone))
