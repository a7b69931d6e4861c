"""OpenTelemetry traces, where they are switched on: one trace per execution, a span per step and per call outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from threading import local
from typing import TYPE_CHECKING, Any
from uuid import UUID

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.monitoring.around import around
from atlas_workflows.worker.model import Answer, Batch, Dispatch, Performed, Place, Turn
from atlas_workflows.worker.ports import Executions, Performer

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor

SERVICE = "atlas-worker"
_LOW = (1 << 64) - 1


class Tracing:
    """Makes spans. The ids of an execution's trace and of its first span follow from the execution's own id."""

    def __init__(self, processor: "SpanProcessor") -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator

        chosen, random = local(), RandomIdGenerator()

        class Ids(IdGenerator):
            def generate_trace_id(self) -> int:
                return getattr(chosen, "trace", None) or random.generate_trace_id()

            def generate_span_id(self) -> int:
                return getattr(chosen, "span", None) or random.generate_span_id()

        self._chosen = chosen
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": SERVICE}), id_generator=Ids(), shutdown_on_exit=False
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("atlas_workflows")

    def executions(self, inner: Executions) -> Executions:
        """Executions whose steps become spans once they are written."""
        return TracedExecutions(inner, self)

    def performer(self, inner: Performer) -> Performer:
        """A performer whose calls become spans."""
        return around(inner, partial(self.call, inner))

    def close(self) -> None:
        """Send what has not been sent, for some seconds at most."""
        self._provider.shutdown()

    def turn(self, turn: Turn) -> None:
        """The spans of a turn that was written."""
        claimed = turn.claimed
        about = {"atlas.organization": claimed.organization, "atlas.execution": claimed.execution}
        for step in turn.steps:
            kind: dict[str, Any] = {
                "atlas.node": step.node,
                "atlas.type": step.type,
                "atlas.attempt": step.attempt,
            }
            span = self._tracer.start_span(
                f"step {step.type}", within(claimed.execution), attributes=about | kind,
                start_time=_nanoseconds(step.started_at),
            )  # fmt: skip
            _settle(span, step.status == "failed")
            span.end(_nanoseconds(step.finished_at or step.started_at))
        if turn.end is not None and claimed.started_at is not None:
            self._whole(turn, claimed.started_at, about)

    def _whole(self, turn: Turn, started_at: datetime, about: dict[str, Any]) -> None:
        """The span of an execution, known once it has ended: all others hang on its id."""
        assert turn.end is not None
        from opentelemetry.context import Context

        self._chosen.trace, self._chosen.span = _ids(turn.claimed.execution)
        try:
            what = {"atlas.workflow": turn.claimed.workflow, "atlas.version": turn.claimed.version}
            span = self._tracer.start_span(
                "execution", Context(), attributes=about | what | {"atlas.outcome": turn.end.outcome},
                start_time=_nanoseconds(started_at),
            )  # fmt: skip
        finally:
            self._chosen.trace = self._chosen.span = None
        _settle(span, turn.end.outcome in ("failed", "timeout"))
        span.end(_nanoseconds(turn.end.at))

    def call(self, performer: Performer, effect: Dispatch) -> Answer:
        """Perform an effect inside of a span."""
        from opentelemetry.trace import SpanKind

        about = {"atlas.organization": effect.organization, "atlas.execution": effect.execution}
        span = self._tracer.start_span(
            f"effect {effect.kind}", within(effect.execution), kind=SpanKind.CLIENT, attributes=about
        )
        try:
            answer = performer.perform(effect)
            span.set_attribute("atlas.answer", type(answer).__name__.lower())
            _settle(span, not isinstance(answer, Performed))
        finally:
            span.end()
        return answer


@dataclass(frozen=True, slots=True)
class TracedExecutions:
    """Executions, traced."""

    inner: Executions
    tracing: Tracing

    def promote(self) -> int:
        return self.inner.promote()

    def checkpoint(self, turns: Sequence[Turn], limit: int) -> tuple[Batch, frozenset[Place]]:
        batch, stale = self.inner.checkpoint(turns, limit)
        for turn in turns:
            if turn.claimed.place not in stale:
                self.tracing.turn(turn)
        return batch, stale


def open_tracing(endpoint: str) -> Tracing:
    """Traces sent to an OTLP endpoint (http://host:4318/v1/traces). Raises ConfigurationError without OpenTelemetry."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as cause:
        raise ConfigurationError(
            "Traces are switched on, and OpenTelemetry is not installed.",
            remedy="Install the extra: uv sync --extra tracing; or unset ATLAS_TRACES_ENDPOINT.",
        ) from cause
    return Tracing(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))


def within(execution: str) -> "Context":
    """The context of a span that belongs to an execution, whichever process made the others."""
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    trace, span = _ids(execution)
    parent = SpanContext(trace, span, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    return set_span_in_context(NonRecordingSpan(parent))


def _ids(execution: str) -> tuple[int, int]:
    number = UUID(execution).int
    return number, number & _LOW or 1


def _settle(span: Any, failed: bool) -> None:
    from opentelemetry.trace import StatusCode

    span.set_status(StatusCode.ERROR if failed else StatusCode.OK)


def _nanoseconds(at: datetime) -> int:
    return int(at.timestamp() * 1e6) * 1000
