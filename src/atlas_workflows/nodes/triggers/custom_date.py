"""A date that a field of the contact holds is reached."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.graph.model import Severity
from atlas_workflows.nodes.fields import DataPath, LeapDay, Span, TimeOfDay
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_dates import asks_for_the_day
from atlas_workflows.nodes.trigger_questions import Answer
from atlas_workflows.schedule.birthdays import is_birthday
from atlas_workflows.schedule.lengths import NO_LENGTH, span


class CustomDateParameters(TriggerParameters):
    field: DataPath = Field(..., description="Path of the field, e.g. contact.trial_ends_on.")
    offset: Span | None = Field(
        None, description="How long before or after the date; nothing means on the day."
    )
    offset_direction: Literal["before", "after"] = Field(
        "before", description="Which side of the date the offset counts to."
    )
    time: TimeOfDay = Field("09:00", description="Local time at which it fires.")
    every_year: bool = Field(False, description="Whether it comes back every year.")
    leap_day: LeapDay = Field(
        "feb_28", description="When 29 February comes in years without one: feb_28 or mar_1."
    )


def review(parameters: CustomDateParameters) -> Iterable[Fault]:
    if is_birthday(parameters.field) and not parameters.every_year:
        message = f"{parameters.field} is long past, so this fires for nobody."
        remedy = "Set every_year, or use the birthday trigger."
        yield Fault("DATE_LONG_PAST", "every_year", message, remedy, Severity.WARNING)


def timing(parameters: CustomDateParameters, data: Mapping[str, Any], at: Moment) -> Answer:
    """It fires on the date, or on its next anniversary, moved by the offset."""
    length = parameters.offset
    if length is not None and isinstance(length["amount"], str):
        return Answer(unchecked=(parameters.field,))
    sign = -1 if parameters.offset_direction == "before" else 1
    offset = NO_LENGTH if length is None else span(Decimal(str(length["amount"])) * sign, length["unit"])
    leap_day = parameters.leap_day if parameters.every_year else None
    return asks_for_the_day(
        (parameters.field,), data, at, time_of_day=parameters.time, offset=offset, leap_day=leap_day
    )


NODE = TriggerType(
    name="custom_date",
    title="Date of a contact",
    category="contacts",
    documentation="A date that a field of the contact holds is reached.",
    parameters=CustomDateParameters,
    review=review,
    timing=timing,
    missing_codes={"field": "MISSING_DATE_FIELD"},
)
