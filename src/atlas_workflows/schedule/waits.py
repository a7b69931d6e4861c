"""What a wait says: the `wait` parameter of the wait node, one model per kind."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from atlas_workflows.errors import ScheduleRefused
from atlas_workflows.schedule.anniversaries import LeapDay, read_yearly
from atlas_workflows.schedule.birthdays import birthday_in
from atlas_workflows.schedule.business_hours import BusinessHours
from atlas_workflows.schedule.lengths import LONGEST_SECONDS as LONGEST_SECONDS
from atlas_workflows.schedule.lengths import SECONDS as SECONDS
from atlas_workflows.schedule.moments import read_moment
from atlas_workflows.schedule.refusal import InvalidField, refuse, refuse_invalid
from atlas_workflows.schedule.spec import Closures, Region, Zone

Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
MORNING = "09:00"
YEARLY_REMEDY = 'A date that comes every year is {"kind": "anniversary", "of": …}.'
TIME_OF_DAY = r"^([01][0-9]|2[0-3]):[0-5][0-9]$"


class Model(BaseModel):
    """Closed and immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _short_enough(amount: Decimal | int, unit: str) -> None:
    if amount * SECONDS[unit] > LONGEST_SECONDS:
        raise InvalidField(
            refuse("amount", f"{amount} {unit} is more than ten years.", "Choose a shorter wait.")
        )


def _checked(check: Callable[[], Any]) -> None:
    try:
        check()
    except ScheduleRefused as refused:
        raise InvalidField(refused) from None


# In JSON Schema a bound on a union of numbers would be lost.
Amount = Annotated[int | Decimal, WithJsonSchema({"type": "number"})]
NonNegativeAmount = Annotated[int | Decimal, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]


class Length(Model):
    """A length of time: days, weeks and months keep the wall clock, smaller units are elapsed time."""

    amount: NonNegativeAmount
    unit: Unit

    @model_validator(mode="after")
    def _bounded(self) -> "Length":
        _short_enough(self.amount, self.unit)
        return self


class Restrained(Model):
    """A wait that may be told to end in open time only; what falls into closed time moves as `outside` says."""

    business_hours_only: bool | BusinessHours = False
    holidays: Region | None = None
    closures: Closures = []

    @model_validator(mode="after")
    def _drops_nothing(self) -> "Restrained":
        if isinstance(self.business_hours_only, BusinessHours):
            _check_outside(self.business_hours_only, "business_hours_only")
        return self


def _check_outside(hours: BusinessHours, field: str) -> None:
    if hours.outside == "skip":
        raise InvalidField(
            refuse(
                f"{field}.outside", "a wait ends once, so it cannot skip its end.", "Write next or previous."
            )
        )


class DurationWait(Restrained, Length):
    """Wait that long."""

    kind: Literal["duration"]


class UntilWait(Restrained):
    """Wait until a time: ISO 8601, or a template such as `{{ contact.trial_ends_on }}`, moved by `offset`.

    Where it is only a date, `time` is the time of day. A template's date of more than a year ago is refused.
    """

    kind: Literal["until"]
    at: str = Field(min_length=1, max_length=2_000)
    time: str = Field(default=MORNING, pattern=TIME_OF_DAY)
    offset: "Offset | None" = None
    timezone: Zone | None = None

    @field_validator("at")
    @classmethod
    def _exists(cls, at: str) -> str:
        """A time that is written down is checked now; what a template gives only when the wait begins."""
        if (birthday := birthday_in(at)) is not None:
            raise InvalidField(refuse("at", f"{birthday} is long past.", YEARLY_REMEDY))
        if "{{" not in at:
            _checked(lambda: read_moment(at, "at"))
        return at


class AnniversaryWait(Restrained):
    """Wait for the next time a date comes round: `of` is a date, or a template such as `{{ contact.birthday }}`.

    It ends at `time` on that day, moved by `offset`; today counts until then. 29 February is 28 February
    (`feb_28`) or 1 March (`mar_1`) in years without one. The day is taken as written, whatever its zone.
    """

    kind: Literal["anniversary"]
    of: str = Field(min_length=1, max_length=2_000)
    time: str = Field(default=MORNING, pattern=TIME_OF_DAY)
    offset: "Offset | None" = None
    leap_day: LeapDay = "feb_28"
    timezone: Zone | None = None

    @field_validator("of")
    @classmethod
    def _exists(cls, of: str) -> str:
        if "{{" not in of:
            _checked(lambda: read_yearly(of, "of"))
        return of


class Offset(Model):
    """A signed length: three days before is {"amount": -3, "unit": "days"}."""

    amount: Amount
    unit: Unit

    @model_validator(mode="after")
    def _bounded(self) -> "Offset":
        _short_enough(max(self.amount, -self.amount), self.unit)
        return self


class TimeOfDayWait(Restrained):
    """Wait for the next time the wall clock shows `time`, on one of `days` if given."""

    kind: Literal["time_of_day"]
    time: str = Field(pattern=TIME_OF_DAY)
    timezone: Zone | None = None
    days: Annotated[list[Weekday], Field(min_length=1)] | None = None


class AwaitedEvent(Model):
    """An event type, and a condition on the event's data."""

    type: str = Field(min_length=1, max_length=200)
    filter: dict[str, Any] | None = None


class EventWait(Model):
    """Wait for any or all of some events; `look_back` accepts events that came before the wait began."""

    kind: Literal["until_event"]
    events: list[AwaitedEvent] = Field(min_length=1, max_length=50)
    mode: Literal["any", "all"] = "any"
    timeout: Length | None = None
    look_back: Length | None = None


class ConditionWait(Model):
    """Wait until a condition holds, at most `timeout`."""

    kind: Literal["until_condition"]
    condition: dict[str, Any]
    timeout: Length | None = None


class BusinessHoursWait(Model):
    """Pass at once inside opening hours, else wait for the next opening; without `hours` the organization's."""

    kind: Literal["business_hours"]
    hours: BusinessHours | None = None
    holidays: Region | None = None
    closures: Closures = []
    timezone: Zone | None = None

    @model_validator(mode="after")
    def _drops_nothing(self) -> "BusinessHoursWait":
        if self.hours is not None:
            _check_outside(self.hours, "hours")
        return self


class Modifier(Model):
    """Where the condition holds, add to the wait, multiply it, or set it; `multiply` has no unit."""

    condition: dict[str, Any]
    operation: Literal["add", "multiply", "set"]
    amount: Amount
    unit: Unit = "minutes"


class DynamicWait(Restrained):
    """A base length, changed by each modifier in turn; never below zero.

    Months, days and shorter units are kept apart, so that a day stays a day over a clock change and a month a month.
    """

    kind: Literal["dynamic"]
    base: Length
    modifiers: list[Modifier] = Field(default_factory=list, max_length=100)


Wait = Annotated[
    DurationWait
    | UntilWait
    | AnniversaryWait
    | TimeOfDayWait
    | EventWait
    | ConditionWait
    | BusinessHoursWait
    | DynamicWait,
    Field(discriminator="kind"),
]
WAIT: TypeAdapter[Wait] = TypeAdapter(Wait)


def parse_wait(document: Any) -> Wait:
    """A checked wait out of decoded JSON; raises ScheduleRefused naming the first wrong field."""
    try:
        return WAIT.validate_python(document)
    except ValidationError as cause:
        raise refuse_invalid(cause, "wait") from cause


def ports_of(wait: Wait) -> tuple[str, ...]:
    """Ports of a wait node: `timeout` exists where a wait may give up."""
    gives_up = isinstance(wait, EventWait | ConditionWait) and wait.timeout is not None
    return ("main", "timeout") if gives_up else ("main",)
