"""Simulations and forecasts."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from atlas_workflows.api.manners.exact import Instant, Model


class Event(Model):
    """Something that happens to the member while the simulation goes on."""

    type: str = Field(min_length=1, max_length=200)
    at: Instant
    data: dict[str, Any] = Field(default_factory=dict)


class ToTry(Model):
    """What is tried: the draft of a workflow (`version` 0) or a version, else a `definition` that is nowhere yet."""

    workflow: UUID | None = None
    version: int = Field(0, ge=0, le=2_147_483_647)
    definition: dict[str, Any] | None = None


class Simulate(ToTry):
    """A trial on a virtual clock. `data` are the roots of paths (`contact`, `trigger`); `member` puts a member there as the contact.

    `failures`: how many attempts at a step fail. `anyway`: also where the trigger would let the event pass.
    """

    data: dict[str, Any] = Field(default_factory=dict)
    member: str | None = Field(None, min_length=1, max_length=200)
    trigger: str | None = Field(None, min_length=1, max_length=200)
    at: Instant | None = None
    events: list[Event] = Field(default_factory=list, max_length=2_000)
    failures: dict[str, int] = Field(default_factory=dict, max_length=1_000)
    anyway: bool = False


class Planned(Model):
    """Something that would be done outside, and was not."""

    node: str
    kind: str
    key: str
    at: str
    content: Any


class TriedStep(Model):
    """One attempt at one step, or (`waiting`) what is waited for."""

    node: str
    type: str
    iteration: int | None
    attempt: int
    status: str
    started_at: str
    finished_at: str | None
    output: Any
    error: str | None
    port: str | None


class Trace(Model):
    """How it went. `reason` says why it ended so, or did not begin."""

    outcome: str
    finished_at: str | None
    reason: str | None
    steps: list[TriedStep]
    effects: list[Planned]


class NestedTrace(Trace):
    """An execution that another one started."""

    workflow_id: str
    execution: str
    started_by: str | None


class Simulated(Trace):
    """The trace of the first execution, with those that it started. `member_known` is None where no member was named."""

    trigger: str
    at: str
    member_known: bool | None
    nested: list[NestedTrace]


class ToForecast(Model):
    """A workflow's draft (`version` 0) or version, by its executions of the last `days`."""

    workflow: UUID
    version: int = Field(0, ge=0, le=2_147_483_647)
    days: int = Field(30, ge=1, le=90)


class Expected(Model):
    """What was found about a trigger when the workflow was migrated."""

    trigger: str
    evidence: str
    rule: str
    forecast: Any


class Forecast(Model):
    """Of `starts` in the window the last ones were `played`: `started` of them would begin, and send `messages` (by kind).

    The two numbers a day follow from that; null where nothing began. `complete` is false where the time for playing was over.
    """

    days: int
    starts: int
    played: int
    started: int
    messages: dict[str, int]
    starts_a_day: Decimal | None
    messages_a_day: Decimal | None
    complete: bool
    expected: list[Expected]
