"""Who executes what a cutover leaves, how long it is watched, and how far each guardrail may go: for runs and rollouts alike.

Safe to import while a DAG is parsed.
"""

from dataclasses import fields
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from atlas_workflows.rollout.guardrails import Limits

STRICT = ConfigDict(extra="forbid", strict=True)
GUARDRAIL_FIELDS = (
    "error_percent", "error_times_before", "latency_seconds", "unsubscribe_percent", "least_ended",
)  # fmt: skip


@dataclass(frozen=True, slots=True, config=STRICT)
class CutoverOptions:
    """What the steps `decide` and `watch` go by; recorded with the options of the run."""

    not_ready: Annotated[
        Literal["legacy_app", "atlas_legacy"],
        Field(
            title="Owner of what is not ready",
            description="Who executes workflows that a cutover cannot give to the engine's own format: the old "
            "application goes on, or the engine does as it did.",
        ),
    ] = "legacy_app"

    watch_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=1440,
            title="Minutes to watch",
            description="How long the guardrails are watched after a cutover; only phases with one.",
        ),
    ] = 30
    error_percent: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            title="Failed",
            description="Most executions that may fail, in percent of those that ended.",
        ),
    ] = 5.0
    error_times_before: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            title="Failed, against before",
            description="How many times the old application's own share of failures is put up with, if that is more.",
        ),
    ] = 2.0
    latency_seconds: Annotated[
        float,
        Field(
            ge=1, le=86_400, title="Seconds to the first step", description="Longest wait for a first step."
        ),
    ] = 30.0
    unsubscribe_percent: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            title="Unsubscribed",
            description="Most people who may unsubscribe, in percent of messages.",
        ),
    ] = 2.0
    least_ended: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            title="Judged from",
            description="Ended executions, or messages, from which on a share is judged.",
        ),
    ] = 20

    @property
    def limits(self) -> Limits:
        """As the guardrails want them."""
        return Limits(
            error_rate=self.error_percent / 100,
            times_before=self.error_times_before,
            latency=timedelta(seconds=self.latency_seconds),
            unsubscribe_rate=self.unsubscribe_percent / 100,
            least_executions=self.least_ended,
        )

    @property
    def cutover(self) -> dict[str, Any]:
        """These fields alone, to hand them on."""
        return {each.name: getattr(self, each.name) for each in fields(CutoverOptions)}
