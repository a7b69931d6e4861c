"""One way to refuse: the field first, so that a form can put the message beside it."""

from pydantic import ValidationError

from atlas_workflows.errors import ScheduleRefused


def refuse(field: str, fact: str, remedy: str) -> ScheduleRefused:
    """The error to raise: `field: fact`, what to do, and the field as an attribute."""
    return ScheduleRefused(f"{field}: {fact}", remedy=remedy, field=field)


def refuse_invalid(cause: ValidationError, what: str) -> ScheduleRefused:
    """The first finding of Pydantic as a refusal; its error objects that wrap ours keep our message."""
    first = cause.errors(include_url=False)[0]
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, InvalidField):
        return inner.refusal
    field = ".".join(str(part) for part in first["loc"]) or what
    return refuse(
        field, f"{first['msg']}.", f"Correct it; the shape is in docs/reference/schedules.md ({what})."
    )


class InvalidField(ValueError):
    """Carries a refusal through Pydantic, which only takes ValueError from validators."""

    def __init__(self, refusal: ScheduleRefused) -> None:
        super().__init__(refusal.fact)
        self.refusal = refusal
