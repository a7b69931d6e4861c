"""One way to refuse: the field first, so that a form can put the message beside it."""

from pydantic import ValidationError

from atlas_workflows.errors import ScheduleRefused


def refuse(field: str, fact: str, remedy: str) -> ScheduleRefused:
    """The error to raise: `field: fact`, what to do, and the field as an attribute."""
    return ScheduleRefused(f"{field}: {fact}", remedy=remedy, field=field)


def refuse_invalid(cause: ValidationError, what: str) -> ScheduleRefused:
    """The first finding of Pydantic as a refusal of a "schedule" or a "wait"; a message of ours is kept."""
    first = cause.errors(include_url=False)[0]
    # The first step into a wait is its kind, which is no field.
    place = first["loc"][1:] if what == "wait" else first["loc"]
    field = ".".join(map(str, place))
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, InvalidField):
        return inner.at(field)
    remedy = f"Correct it; the shape is in docs/reference/schedules.md ({what})."
    fact = "it is missing." if first["type"] == "missing" else f"{first['msg']}."
    return refuse(field or what, fact, remedy)


class InvalidField(ValueError):
    """Carries a refusal through Pydantic, which only takes ValueError from validators."""

    def __init__(self, refusal: ScheduleRefused) -> None:
        super().__init__(refusal.fact)
        self.refusal = refusal

    def at(self, place: str) -> ScheduleRefused:
        """The refusal under the most exact name of the field that either side knows."""
        own = str(self.refusal.attributes["field"])
        if not place or own.startswith(f"{place}."):
            return self.refusal
        return refuse(place, self.refusal.fact.partition(": ")[2], self.refusal.remedy)
