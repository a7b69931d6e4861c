"""Which retry policy holds for a node, how long its delays are, and which attempts the timeouts cut off. Pure."""

from atlas_workflows.graph.model import ErrorMode, Node, RetryPolicy, Settings

NO_RETRY = RetryPolicy(attempts=1)


def policy_of(node: Node | None, settings: Settings) -> RetryPolicy:
    """The node's own policy, else the workflow's, else what the error mode means; None asks for the workflow's."""
    own, mode = (None, None) if node is None else (node.retry, node.on_error)
    default = RetryPolicy() if (mode or settings.error_mode) is ErrorMode.RETRY else NO_RETRY
    return own or settings.retry or default


def seconds_after(policy: RetryPolicy, attempt: int) -> float:
    """The delay after the failed `attempt` (from 1), jitter left aside."""
    growth = {"fixed": 1.0, "linear": float(attempt)}.get(policy.backoff, 2.0 ** (attempt - 1))
    return min(policy.delay_seconds * growth, policy.max_delay_seconds)


def attempt_cut_off(policy: RetryPolicy, limit: float, seconds_per_attempt: float = 0.0) -> int | None:
    """The first attempt that cannot begin within `limit` seconds, where each one before took so long; None for none."""
    passed = 0.0
    for attempt in range(1, policy.attempts):
        passed += seconds_per_attempt + seconds_after(policy, attempt)
        if passed >= limit:
            return attempt + 1
    return None
