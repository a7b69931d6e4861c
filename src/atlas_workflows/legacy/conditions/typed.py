"""Conditions that name their type ({conditionType: lead_score, …}) as the plain legacy form they stand for."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Raw = Mapping[str, Any]
_TYPE = "conditionType"
_NOT_IN_NAMES = re.compile(r"\W+")


def untyped(raw: Raw) -> dict[str, Any] | None:
    """The same condition as {field, operator, value} or {conditions, …}; None for a type nobody knows."""
    kind = raw.get(_TYPE)
    rewrite = _REWRITES.get(kind.strip().lower()) if isinstance(kind, str) else None
    return None if rewrite is None else rewrite({key: value for key, value in raw.items() if key != _TYPE})


def _lead_score(raw: Raw) -> dict[str, Any]:
    plain = _first_as(raw, "value", ("value", "score", "threshold"))
    return {**plain, "field": "lead.score"}


def _tags(raw: Raw) -> dict[str, Any]:
    plain = _first_as(raw, "value", ("value", "tags", "tag", "tagId"))
    return {**plain, "field": raw.get("field") or "lead.tags"}


def _time_based(raw: Raw) -> dict[str, Any]:
    plain = _first_as(raw, "field", ("field", "timeField", "dateField", "date_field"))
    return _first_as(plain, "value", ("value", "timeValue", "amount", "duration", "date", "timeframe"))


def _field_comparison(raw: Raw) -> dict[str, Any]:
    other = raw.get("compareField") or raw.get("secondField")
    plain = {key: value for key, value in raw.items() if key not in ("compareField", "secondField")}
    return {**plain, "value": f"{{{{{other}}}}}"} if isinstance(other, str) and "value" not in raw else plain


def _activity(raw: Raw) -> dict[str, Any]:
    plain = _first_as(raw, "activityType", ("activityType", "activity_type", "activity"))
    plain = _first_as(plain, "value", ("value", "timeframe", "within", "days"))
    kind = _NOT_IN_NAMES.sub("_", str(plain.pop("activityType", "") or "any")).strip("_").lower()
    if "days" in raw:
        plain.setdefault("unit", "days")
    return {**plain, "field": f"contact.activity.{kind}_at"}


def _multi_condition(raw: Raw) -> dict[str, Any]:
    return dict(raw)


def _first_as(raw: Raw, name: str, aliases: tuple[str, ...]) -> dict[str, Any]:
    """The mapping with the first alias that is present renamed to `name`."""
    found = next((alias for alias in aliases if raw.get(alias) is not None), None)
    plain = {key: value for key, value in raw.items() if key != found}
    return plain if found is None else plain | {name: raw[found]}


_REWRITES: dict[str, Callable[[Raw], dict[str, Any]]] = {
    "lead_score": _lead_score,
    "tags": _tags,
    "time_based": _time_based,
    "field_comparison": _field_comparison,
    "activity": _activity,
    "multi_condition": _multi_condition,
}
