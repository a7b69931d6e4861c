"""It is a contact's birthday, or soon."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from atlas_workflows.expressions.moment import Moment
from atlas_workflows.nodes.fields import Count, LeapDay, TimeOfDay
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters
from atlas_workflows.nodes.trigger_dates import asks_for_the_day
from atlas_workflows.nodes.trigger_questions import Answer
from atlas_workflows.schedule.lengths import span

_PATHS = ("contact.birthday", "contact.date_of_birth")


class BirthdayParameters(TriggerParameters):
    days_before: Count = Field(0, description="Days before the birthday; 0 is the day itself.")
    time: TimeOfDay = Field("09:00", description="Local time at which it fires.")
    leap_day: LeapDay = Field(
        "feb_28", description="When 29 February comes in years without one: feb_28 or mar_1."
    )


def timing(parameters: BirthdayParameters, data: Mapping[str, Any], at: Moment) -> Answer:
    """It fires on the next birthday, so many days before."""
    offset = span(-parameters.days_before, "days")
    return asks_for_the_day(
        _PATHS, data, at, time_of_day=parameters.time, offset=offset, leap_day=parameters.leap_day
    )


NODE = TriggerType(
    name="birthday",
    title="Birthday",
    category="contacts",
    documentation=(
        "It is a contact's birthday, or soon: every year on that day of `contact.birthday`, else of "
        "`contact.date_of_birth`, whatever the year."
    ),
    parameters=BirthdayParameters,
    timing=timing,
)
