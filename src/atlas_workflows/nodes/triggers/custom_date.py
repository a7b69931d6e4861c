"""A date that a field of the contact holds is reached."""

from typing import Literal

from pydantic import Field

from atlas_workflows.nodes.fields import DataPath, Span, TimeOfDay
from atlas_workflows.nodes.node_type import TriggerType
from atlas_workflows.nodes.parameters import TriggerParameters


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


NODE = TriggerType(
    name="custom_date",
    title="Date of a contact",
    category="contacts",
    documentation="A date that a field of the contact holds is reached.",
    parameters=CustomDateParameters,
    missing_codes={"field": "MISSING_DATE_FIELD"},
)
