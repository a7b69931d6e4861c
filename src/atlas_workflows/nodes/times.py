"""Whether a parameter has the form of a wait or of a schedule."""

from typing import Any

from pydantic_core import PydanticCustomError

_NEEDED_BY_KIND: dict[str, tuple[str, ...]] = {
    "duration": ("amount", "unit"),
    "until": ("at",),
    "time_of_day": ("time",),
    "until_event": ("events",),
    "until_condition": ("condition",),
    "business_hours": (),
    "dynamic": ("base",),
}


def check_wait(wait: dict[str, Any]) -> dict[str, Any]:
    """The wait itself; raises PydanticCustomError naming what is missing."""
    kind = wait.get("kind")
    if not isinstance(kind, str) or kind not in _NEEDED_BY_KIND:
        raise PydanticCustomError("MISSING_WAIT_TYPE", "The wait does not say of which kind it is.")
    for field in _NEEDED_BY_KIND[kind]:
        if wait.get(field) in (None, "", []):
            code = "MISSING_WAIT_DURATION" if kind == "duration" else "MISSING_PARAMETER"
            raise PydanticCustomError(
                code, "A wait of kind {kind} needs {field}.", {"kind": kind, "field": field}
            )
    return wait


def check_schedule(schedule: dict[str, Any]) -> dict[str, Any]:
    """The schedule itself; raises PydanticCustomError where it is empty."""
    if not schedule:
        raise PydanticCustomError("MISSING_SCHEDULE", "The schedule is empty.")
    return schedule
