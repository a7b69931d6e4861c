"""Counts in memory, a batch at a time: a lock and some additions per batch, not per step."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from time import perf_counter

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from atlas_workflows.monitoring.metrics import COUNTED, STATEMENT_SECONDS, Kind, Metric

Labels = tuple[str, ...]
MOST_SERIES = (
    400  # of one metric; what comes beyond is counted together, whatever definitions call their nodes
)


@dataclass(slots=True)
class Spread:
    """A histogram's buckets (not cumulative, the last one without a bound) and its sum."""

    buckets: list[int]
    total: float = 0.0


class Tally(Collector):
    """Counters and histograms of one process, in the registry of prometheus_client."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._counts: dict[tuple[Metric, Labels], float] = {}
        self._spreads: dict[tuple[Metric, Labels], Spread] = {}
        self._series: Counter[Metric] = Counter()

    def add(self, metric: Metric, *labels: str, amount: float = 1) -> None:
        """Count."""
        with self._lock:
            key = self._key(metric, labels, self._counts)
            self._counts[key] = self._counts.get(key, 0.0) + amount

    def observe(self, metric: Metric, seconds: float, *labels: str, times: int = 1) -> None:
        """Count a duration that was seen so many times."""
        with self._lock:
            key = self._key(metric, labels, self._spreads)
            spread = self._spreads.setdefault(key, Spread([0] * (len(metric.bounds) + 1)))
            spread.buckets[bisect_left(metric.bounds, seconds)] += times
            spread.total += seconds * times

    def _key(
        self, metric: Metric, labels: Labels, known: Container[tuple[Metric, Labels]]
    ) -> tuple[Metric, Labels]:
        if (metric, labels) in known:
            return metric, labels
        self._series[metric] += 1
        return (metric, labels) if self._series[metric] <= MOST_SERIES else (metric, ("other",) * len(labels))

    @contextmanager
    def timed(self, statement: str) -> Iterator[None]:
        """Measure a block's time as that of a statement, unless it fails."""
        began = perf_counter()
        yield
        self.observe(STATEMENT_SECONDS, perf_counter() - began, statement)

    def describe(self) -> Iterator[Family]:
        """Families without samples."""
        return iter([_family(metric, [], []) for metric in COUNTED])

    def collect(self) -> Iterator[Family]:
        """Families with everything counted so far. One without labels is there from the beginning."""
        with self._lock:
            counts = dict(self._counts)
            spreads = {key: Spread([*found.buckets], found.total) for key, found in self._spreads.items()}
        for metric in COUNTED:
            yield _family(
                metric,
                [(labels, value) for (found, labels), value in counts.items() if found is metric],
                [(labels, spread) for (found, labels), spread in spreads.items() if found is metric],
            )


def _family(
    metric: Metric, counts: Sequence[tuple[Labels, float]], spreads: Sequence[tuple[Labels, Spread]]
) -> Family:
    if metric.kind is Kind.COUNTER:
        counter = CounterMetricFamily(metric.name, metric.help, labels=metric.labels)
        for labels, value in counts or ([] if metric.labels else [((), 0.0)]):
            counter.add_metric(labels, value)
        return counter
    histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
    for labels, spread in spreads:
        bounds = (*(f"{bound:g}" for bound in metric.bounds), "+Inf")
        sizes = list(zip(bounds, accumulate(spread.buckets), strict=True))
        histogram.add_metric(labels, buckets=sizes, sum_value=spread.total)
    return histogram
