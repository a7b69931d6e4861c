"""Puts counting, logging and tracing around a worker's ports."""

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, ProcessCollector

from atlas_workflows.monitoring.gauges import DatabaseGauges
from atlas_workflows.monitoring.logged import LoggedExecutions
from atlas_workflows.monitoring.metered import MeteredExecutions, MeteredLedger, metered_performer
from atlas_workflows.monitoring.tally import Tally
from atlas_workflows.monitoring.tracing import Tracing
from atlas_workflows.worker.ports import Executions, Ledger, Performer


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
        watched = metered_performer(inner, self.tally)
        return watched if self.tracing is None else self.tracing.performer(watched)
