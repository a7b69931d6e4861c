"""Puts counting, logging and tracing around a worker's ports."""

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector

from atlas_workflows.monitoring.gauges import DatabaseGauges
from atlas_workflows.monitoring.logged import LoggedExecutions
from atlas_workflows.monitoring.metered import MeteredExecutions, MeteredLedger, MeteredPerformer
from atlas_workflows.monitoring.tally import Tally
from atlas_workflows.monitoring.tracing import Tracing
from atlas_workflows.worker.model import Answer, Dispatch
from atlas_workflows.worker.ports import Executions, Ledger, Performer, Traceable


@dataclass(frozen=True, slots=True)
class WatchedTraceable:
    """A watched performer that can still be asked what became of an effect: `inner` knows."""

    watched: Performer
    inner: Traceable

    @property
    def kind(self) -> str:
        return self.inner.kind

    @property
    def concurrency(self) -> int:
        return self.inner.concurrency

    def may_repeat(self, effect: Dispatch) -> bool:
        return self.inner.may_repeat(effect)

    def perform(self, effect: Dispatch) -> Answer:
        return self.watched.perform(effect)

    def look_up(self, effect: Dispatch) -> Answer | None:
        return self.inner.look_up(effect)


class Monitor:
    """What one worker process tells about itself; without `dsn` nothing of what only the database knows."""

    def __init__(self, dsn: str | None = None, tracing: Tracing | None = None) -> None:
        self.tally = Tally()
        self.tracing = tracing
        self.registry = CollectorRegistry()
        self.registry.register(self.tally)
        ProcessCollector(registry=self.registry)
        if dsn is not None:
            self.registry.register(DatabaseGauges(dsn))

    def executions(self, inner: Executions) -> Executions:
        """The same executions, watched."""
        watched: Executions = LoggedExecutions(MeteredExecutions(inner, self.tally))
        return watched if self.tracing is None else self.tracing.executions(watched)

    def ledger(self, inner: Ledger) -> Ledger:
        """The same ledger, watched."""
        return MeteredLedger(inner, self.tally)

    def performers(self, inner: Mapping[str, Performer]) -> dict[str, Performer]:
        """The same performers, watched."""
        return {kind: self._performer(performer) for kind, performer in inner.items()}

    def _performer(self, inner: Performer) -> Performer:
        watched: Performer = MeteredPerformer(inner, self.tally)
        if self.tracing is not None:
            watched = self.tracing.performer(watched)
        return WatchedTraceable(watched, inner) if isinstance(inner, Traceable) else watched
