"""The kinds of values that parameters are made of, strict about JSON types and open to templates where that helps."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, WithJsonSchema
from typing_extensions import TypedDict

from atlas_workflows.expressions.condition import Condition as Condition
from atlas_workflows.schedule.anniversaries import LeapDay as LeapDay
from atlas_workflows.schedule.business_hours import BusinessHours as BusinessHours
from atlas_workflows.schedule.spec import ScheduleSpec as ScheduleSpec
from atlas_workflows.schedule.spec import Zone as Zone
from atlas_workflows.schedule.waits import Wait as Wait

_UUID = r"^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$"

Secret = TypedDict("Secret", {"$secret": Annotated[str, StringConstraints(pattern=_UUID)]})
Secret.__doc__ = "A reference to a sealed value; stands wherever a text may stand."
Secret.__pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[attr-defined]

# A text that may hold `{{ }}`; whoever reads it renders it.
Text = str | Secret
# A text that must hold `{{ }}`: what stands in for a number or a boolean that is only known later.
Template = Annotated[str, StringConstraints(pattern=r"\{\{[\s\S]*\}\}")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("it is blank, and nothing to look for is found nowhere")
    return text


# What a text is searched for.
Keyword = Annotated[
    str,
    StringConstraints(min_length=1, max_length=200),
    AfterValidator(_not_blank),
    Field(json_schema_extra={"pattern": r"\S"}),
]
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
PortName = Annotated[str, StringConstraints(min_length=1, max_length=100)]
DataPath = Annotated[str, StringConstraints(min_length=1, max_length=500)]

Number = Annotated[int | float | Decimal, WithJsonSchema({"type": "number"})]
NumberOrTemplate = Number | Template
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
NonNegative = Annotated[int | float | Decimal, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?$")]
CountOrTemplate = Count | Template
Flag = bool | Template
Moment = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Mapping = dict[str, Any]

MessageClass = Literal["marketing", "transactional"]
MessagePriority = Literal["low", "normal", "high"]
Unit = Literal["seconds", "minutes", "hours", "days", "weeks", "months"]


class Span(TypedDict):
    """A length of time, e.g. {"amount": 2, "unit": "days"}."""

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)  # type: ignore[misc]
    amount: NumberOrTemplate
    unit: Unit
