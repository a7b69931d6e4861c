"""What an organization allows itself to send: per channel consent, hours and caps. Unknown keys are refused."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from atlas_workflows import exact_json
from atlas_workflows.errors import InputError
from atlas_workflows.schedule.business_hours import BusinessHours
from atlas_workflows.schedule.spec import Zone

Channel = Literal["email", "sms", "whatsapp", "call"]
Priority = Literal["low", "normal", "high"]
CHANNELS: tuple[Channel, ...] = ("email", "sms", "whatsapp", "call")
# Which kinds of effects are messages to a person, and how they reach one.
CHANNEL_OF: Mapping[str, Channel] = {
    "send_email": "email", "send_sms": "sms", "send_whatsapp": "whatsapp", "make_call": "call",
}  # fmt: skip
_QUIET = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def quiet_minutes(text: str) -> tuple[int, int]:
    """First and last minute (exclusive) of "21:00-08:00"; raises ValueError for anything else."""
    found = _QUIET.fullmatch(text)
    if found is None:
        raise ValueError('quiet hours are written as "21:00-08:00"')
    hour, minute, to_hour, to_minute = map(int, found.groups())
    begin, end = hour * 60 + minute, to_hour * 60 + to_minute
    if begin == end:
        raise ValueError(
            "quiet hours that end as they begin are all day or none; use business_hours, or null"
        )
    return begin, end


def _check_quiet(text: str) -> str:
    quiet_minutes(text)
    return text


def _check_hours(hours: BusinessHours) -> BusinessHours:
    if hours.outside != "next":
        raise ValueError("a message outside of business hours waits for the next ones; leave `outside` out")
    return hours


QuietHours = Annotated[str, AfterValidator(_check_quiet)]
Hours = Annotated[BusinessHours, AfterValidator(_check_hours)]
Limit = Annotated[int, Field(ge=0, le=10_000)] | None


class Caps(BaseModel):
    """How many messages one person gets on a channel, whatever workflow they come from; null is no limit."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    low: Limit = None
    normal: Limit = None
    high: Limit = None

    @model_validator(mode="after")
    def _rises_with_priority(self) -> "Caps":
        limits = [float("inf") if limit is None else limit for limit in (self.low, self.normal, self.high)]
        if limits != sorted(limits):
            raise ValueError("a message of higher priority may not have the lower limit")
        return self

    def of(self, priority: Priority) -> int | None:
        """The limit for messages of a priority."""
        limit: int | None = getattr(self, priority)
        return limit


class ChannelPolicy(BaseModel):
    """What holds on one channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    without_consent: Literal["send", "skip"] = Field(
        description="What becomes of a message to somebody of whom nothing says whether they agreed."
    )
    quiet_hours: QuietHours | None = Field(None, description='For example "21:00-08:00"; null is never.')
    business_hours: Hours | None = Field(
        None, description="Weekly hours in which messages may go; null is always."
    )
    per_day: Caps = Field(default=Caps(), description="At most so many in 24 hours.")
    per_week: Caps = Field(default=Caps(), description="At most so many in 7 days.")


# Messages that ring or buzz are kept out of the night, and go only to people who agreed.
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "email": {
        "without_consent": "send",
        "per_day": {"low": 2, "normal": 4, "high": 8},
        "per_week": {"low": 7, "normal": 14, "high": 28},
    },
    "sms": {
        "without_consent": "skip", "quiet_hours": "21:00-08:00",
        "per_day": {"low": 1, "normal": 2, "high": 4}, "per_week": {"low": 4, "normal": 8, "high": 16},
    },
    "whatsapp": {
        "without_consent": "skip", "quiet_hours": "21:00-08:00",
        "per_day": {"low": 1, "normal": 2, "high": 4}, "per_week": {"low": 4, "normal": 8, "high": 16},
    },
    "call": {"without_consent": "send", "quiet_hours": "21:00-08:00"},
}  # fmt: skip


class SendPolicy(BaseModel):
    """An organization's whole policy; what it leaves out is as in DEFAULTS."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    email: ChannelPolicy
    sms: ChannelPolicy
    whatsapp: ChannelPolicy
    call: ChannelPolicy
    hold_at_most_hours: int = Field(
        72, ge=1, le=2_160, strict=True, description="A message that would have to wait longer is skipped."
    )
    zones: tuple[Zone, ...] = Field(
        (), max_length=50, description="Where people may be of whom nothing says where they are."
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, document: Any) -> Any:
        if not isinstance(document, Mapping):
            return document
        return {**document, **{name: _filled(document.get(name, {}), name) for name in CHANNELS}}

    def on(self, channel: Channel) -> ChannelPolicy:
        """What holds on a channel."""
        found: ChannelPolicy = getattr(self, channel)
        return found


def _filled(given: Any, channel: str) -> Any:
    return {**DEFAULTS[channel], **given} if isinstance(given, Mapping) else given


DEFAULT = SendPolicy.model_validate({})


@lru_cache(maxsize=1_000)
def policy_from_text(text: str) -> SendPolicy:
    """The policy in a JSON text. Raises InputError, which names the first place that is wrong."""
    try:
        return SendPolicy.model_validate(exact_json.loads(text))
    except ValidationError as cause:
        raise InputError(
            f"The send policy is wrong: {_first_problem(cause)}.",
            remedy="See docs/reference/send-policy.md for its keys and values.",
        ) from cause


def _first_problem(cause: ValidationError) -> str:
    problem = cause.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"]) or "document"
    if problem["type"] == "extra_forbidden":
        return f"{place} is no key of it"
    return f"{place}: {problem['msg'].removeprefix('Value error, ')}"
