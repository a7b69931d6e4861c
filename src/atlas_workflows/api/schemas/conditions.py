"""Whether a condition holds, part by part."""

from typing import Any, Literal

from pydantic import Field

from atlas_workflows.api.manners.exact import Model


class ConditionQuestion(Model):
    """A condition, asked of `scope` (the roots of paths) or of a member of the CRM as `contact`; `timezone` for dates."""

    condition: dict[str, Any]
    scope: dict[str, Any] = Field(default_factory=dict)
    member: str | None = Field(None, min_length=1, max_length=200)
    timezone: str = Field("UTC", max_length=100)


class Part(Model):
    """The answer of one part. `found` is false where the path leads nowhere; groups have `members`."""

    holds: bool
    operator: str
    field: str | None
    found: bool
    actual: Any
    expected: Any
    members: list["Part"]


class Answer(Model):
    """Whether it holds, and why. `member_known` is None where no member was named."""

    holds: bool
    member_known: bool | None
    explanation: Part


class Counting(Model):
    """A condition over `contact`, asked of every member."""

    condition: dict[str, Any]
    timezone: str = Field("UTC", max_length=100)


class Matched(Model):
    """For how many it holds. Where `complete` is false, `matched` is of the `looked_at` first."""

    matched: int
    looked_at: int
    everybody: int
    complete: bool


class Text(Model):
    """A text with placeholders; `missing` says whether one without a value stays as written or leaves nothing."""

    text: str = Field(max_length=100_000)
    scope: dict[str, Any] = Field(default_factory=dict)
    member: str | None = Field(None, min_length=1, max_length=200)
    timezone: str = Field("UTC", max_length=100)
    missing: Literal["keep", "empty"] = "keep"


class Rendered(Model):
    """The text; placeholders without a value (`unresolved`), and those that cannot be read (`problems`)."""

    text: str
    unresolved: list[str]
    problems: list[str]
    member_known: bool | None
