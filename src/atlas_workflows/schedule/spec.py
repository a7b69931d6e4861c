"""What a schedule says, as it is stored, sent and edited: one rule, a zone, and the policies around it."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.business_hours import BusinessHours, Outside
from atlas_workflows.schedule.calendars import check_region
from atlas_workflows.schedule.cron import parse_cron
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.recurrence import parse_rule
from atlas_workflows.schedule.refusal import InvalidField, refuse, refuse_invalid
from atlas_workflows.schedule.zones import load_zone

RULES = ("cron", "rrule", "every", "once")
MAXIMUM_AMOUNT = {"minutes": 527_040, "hours": 87_840, "days": 3_660, "weeks": 522, "months": 120}
MAXIMUM_JITTER = 3_600
MAXIMUM_DATES = 1_000
_Read = TypeVar("_Read")
Unit = Literal["minutes", "hours", "days", "weeks", "months"]


def _moment(text: str) -> str:
    _checked(lambda: read_moment(text))
    return text.strip()


def _zone(name: str) -> str:
    _checked(lambda: load_zone(name))
    return name


def _cron(text: str) -> str:
    return _checked(lambda: parse_cron(text)).text


def _rrule(text: str) -> str:
    return _checked(lambda: parse_rule(text)).text


def _region(text: str) -> str:
    return _checked(lambda: check_region(text))


def _checked(check: Callable[[], _Read]) -> _Read:
    """What `check` returns; its refusal goes through Pydantic with the field it names."""
    try:
        return check()
    except ScheduleRefused as refusal:
        raise InvalidField(refusal) from refusal


Zone = Annotated[str, AfterValidator(_zone), Field(examples=["Europe/London"])]
Moment = Annotated[str, AfterValidator(_moment), Field(examples=["2026-03-29T09:00", "2026-03-29T08:00:00Z"])]

Closures = Annotated[list[date], Field(max_length=MAXIMUM_DATES)]
Region = Annotated[str, AfterValidator(_region), Field(examples=["GB-ENG"])]


class Model(BaseModel):
    """Closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Every(Model):
    """A fixed step from an anchor: minutes and hours are elapsed time, days and longer keep the wall clock."""

    amount: int = Field(ge=1)
    unit: Unit
    anchor: Moment

    @model_validator(mode="after")
    def _bounded(self) -> "Every":
        if self.amount > MAXIMUM_AMOUNT[self.unit]:
            raise InvalidField(
                refuse(
                    "every.amount",
                    f"{self.amount} {self.unit} is more than ten years.",
                    f"At most {MAXIMUM_AMOUNT[self.unit]} {self.unit}.",
                )
            )
        return self


class CatchUp(Model):
    """After a downtime: fire nothing, the latest missed occurrence, or all missed within a window (seconds)."""

    mode: Literal["none", "latest", "all"] = "none"
    window_seconds: int = Field(default=86_400, ge=60, le=31 * 86_400)


class ScheduleSpec(Model):
    """Exactly one of cron, rrule, every, once; everything else has a default that changes nothing."""

    cron: Annotated[str, AfterValidator(_cron)] | None = Field(default=None, examples=["0 9 * * 1-5"])
    rrule: Annotated[str, AfterValidator(_rrule)] | None = Field(
        default=None, examples=["FREQ=MONTHLY;BYDAY=-1FR"]
    )
    every: Every | None = None
    once: Moment | None = None
    timezone: Zone
    start: Moment | None = None
    end: Moment | None = None
    gap: Literal["next", "skip"] = "next"
    fold: Literal["first", "second", "both"] = "first"
    skip_dates: Annotated[list[date], Field(max_length=MAXIMUM_DATES)] = []
    business_hours: BusinessHours | None = None
    holidays: Region | None = None
    closures: Closures = []
    on_closed: Outside | None = None
    jitter_seconds: int = Field(default=0, ge=0, le=MAXIMUM_JITTER)
    catch_up: CatchUp = CatchUp()
    overlap: Literal["skip", "buffer_one", "allow", "cancel_other"] = "skip"
    enabled: bool = True

    @model_validator(mode="after")
    def _one_rule(self) -> "ScheduleSpec":
        given = [rule for rule in RULES if getattr(self, rule) is not None]
        if len(given) != 1:
            named = " and ".join(given) or "no rule"
            raise InvalidField(refuse("cron", f"{named} given.", f"Give exactly one of {', '.join(RULES)}."))
        return self

    @model_validator(mode="after")
    def _ends_after_start(self) -> "ScheduleSpec":
        if self.start is None or self.end is None:
            return self
        zone = load_zone(self.timezone)
        start, end = read_moment(self.start), read_moment(self.end)
        if end.as_end(zone) <= start.as_start(zone):
            raise InvalidField(
                refuse("end", f"{self.end} is not after start {self.start}.", "Let the end follow the start.")
            )
        return self

    @property
    def when_closed(self) -> Outside:
        """What becomes of an occurrence on a holiday, a closure or outside business hours."""
        if self.on_closed is not None:
            return self.on_closed
        return self.business_hours.outside if self.business_hours is not None else "next"


def parse_spec(document: Any) -> ScheduleSpec:
    """A checked spec out of decoded JSON; raises ScheduleRefused naming the first wrong field."""
    try:
        return ScheduleSpec.model_validate(document)
    except ValidationError as cause:
        raise refuse_invalid(cause, "schedule") from cause


def spec_to_json(spec: ScheduleSpec) -> dict[str, Any]:
    """The spec as JSON values, defaults left out."""
    return spec.model_dump(mode="json", exclude_defaults=True)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a schedule, with the rule that exactly one kind is given."""
    schema = ScheduleSpec.model_json_schema()
    schema["oneOf"] = [{"required": [rule]} for rule in RULES]
    return schema
