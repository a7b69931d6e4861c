"""Every metric that is exported: its name, what it counts, its labels. Alerts, dashboard and reference page go by this."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """As Prometheus calls them."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One name of the endpoint. `bounds` are the upper bounds of a histogram's buckets, in seconds."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()


def _counter(name: str, help_: str, *labels: str) -> Metric:
    return Metric(name, Kind.COUNTER, help_, labels)


def _gauge(name: str, help_: str, *labels: str) -> Metric:
    return Metric(name, Kind.GAUGE, help_, labels)


def _histogram(name: str, help_: str, bounds: tuple[float, ...], *labels: str) -> Metric:
    return Metric(name, Kind.HISTOGRAM, help_, labels, bounds)


QUICK = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
CALLS = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 60.0)
DELAYS = (0.01, 0.03, 0.06, 0.15, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0)
LONG = (0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 21600.0, 86400.0, 604800.0, 2592000.0)

BEGUN = _counter("atlas_executions_begun_total", "Executions whose first step was taken.")
ENDED = _counter(
    "atlas_executions_ended_total",
    "Executions that ended, by how; `custom` for outcomes that workflows name.",
    "outcome",
)
EXECUTION_SECONDS = _histogram(
    "atlas_execution_seconds", "From the start of an execution to its end, waits included.", LONG, "outcome"
)
START_DELAY = _histogram(
    "atlas_start_delay_seconds",
    "From the commit that starts an execution to the claim that begins it.",
    DELAYS,
)
STEPS = _counter("atlas_steps_total", "Attempts at steps that were recorded.", "type", "status")
STEP_SECONDS = _histogram(
    "atlas_step_seconds",
    "From the begin of a step to its end; for waits, how long they waited.",
    LONG,
    "type",
)
RETRIES = _counter("atlas_step_retries_total", "Attempts beyond the first.", "type")
ERRORS = _counter(
    "atlas_errors_total",
    "Failed attempts by error class; `engine` where an execution could not go on.",
    "class",
)
EFFECTS = _counter(
    "atlas_effects_total",
    "Effects by kind and what came of them: performed, refused, unclear (unknown), notsent (sent again later).",
    "kind",
    "answer",
)
EFFECT_SECONDS = _histogram("atlas_effect_seconds", "How long calls to the outside took.", CALLS, "kind")
STALE_TURNS = _counter(
    "atlas_stale_turns_total",
    "Turns that were not written because another worker had taken the execution over.",
)
STORE_FAILURES = _counter(
    "atlas_store_failures_total",
    "Transactions of the worker that failed: unavailable (tried again) or refused (split until the cause is alone).",
    "operation",
    "error",
)
STATEMENT_SECONDS = _histogram(
    "atlas_statement_seconds",
    "Database time: promote, claim, write (of a batch), checkpoint (write, claim and commit), exchange (of effects).",
    QUICK,
    "statement",
)

DATABASE_REACHABLE = _gauge(
    "atlas_database_reachable", "1 while the gauges below could be read, else 0; they are left out then."
)
QUEUE = _gauge(
    "atlas_queue_executions",
    "Live executions: ready (may be claimed) or parked (wait, or are in a worker's hands). Beyond 10 000 by statistics.",
    "state",
)
QUEUE_AGE = _gauge(
    "atlas_queue_age_seconds",
    "How long the oldest has waited for a worker: ready (claimable) or due (the clock has come, not promoted yet).",
    "state",
)
PENDING = _gauge(
    "atlas_effects_pending",
    "Effects that are intended, held (by the send policy), dispatching or unknown (a person decides); up to 10 000.",
    "status",
)
PENDING_AGE = _gauge(
    "atlas_effects_pending_age_seconds",
    "How old the oldest of them is; of held ones how long the oldest is overdue.",
    "status",
)
WORKFLOWS = _gauge("atlas_workflows", "Workflows by who executes them and their status.", "owner", "status")
ORGANIZATIONS = _gauge(
    "atlas_organizations", "Organizations with an active workflow of this owner: adoption.", "owner"
)
ROLLOUT = _gauge(
    "atlas_rollout_percentage", "How far a phase is rolled out to its cohort.", "phase", "cohort"
)
HALTED = _gauge("atlas_rollout_halted", "1 where the rollout was halted, else 0.", "phase", "cohort")

COUNTED = (
    BEGUN, ENDED, EXECUTION_SECONDS, START_DELAY, STEPS, STEP_SECONDS, RETRIES, ERRORS, EFFECTS, EFFECT_SECONDS,
    STALE_TURNS, STORE_FAILURES, STATEMENT_SECONDS,
)  # fmt: skip
READ = (DATABASE_REACHABLE, QUEUE, QUEUE_AGE, PENDING, PENDING_AGE, WORKFLOWS, ORGANIZATIONS, ROLLOUT, HALTED)
METRICS = COUNTED + READ


def sample_names(metric: Metric) -> tuple[str, ...]:
    """The names under which Prometheus finds it."""
    if metric.kind is Kind.HISTOGRAM:
        return tuple(f"{metric.name}_{part}" for part in ("bucket", "sum", "count"))
    return (metric.name,)
