"""Whether a failed attempt is tried again, and what becomes of the execution when it is not. Pure.

| error mode | attempts where no retry policy is set | after the last attempt                                     |
|------------|---------------------------------------|------------------------------------------------------------|
| stop       | 1                                     | the execution fails                                        |
| retry      | 3 (the default policy)                | the execution fails                                        |
| continue   | 1                                     | the step has failed; the execution goes on by main         |
| port       | 1                                     | leaves by `error`; fails where nothing is connected to it  |
| workflow   | 1                                     | the execution fails, the error workflow is started         |

A retry policy on the node, else on the workflow, sets the attempts in every mode. Errors that cannot be cured by
trying again (wrong parameters, a value too large, …) are never tried again.
"""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.graph.model import ErrorMode, Node, RetryPolicy, Settings
from atlas_workflows.graph.retries import policy_of, seconds_after


@dataclass(frozen=True, slots=True)
class ErrorPolicy:
    """What holds for one node."""

    mode: ErrorMode
    retry: RetryPolicy


def error_policy(node: Node, settings: Settings) -> ErrorPolicy:
    """The node's own wishes win over the workflow's."""
    mode = node.on_error or settings.error_mode
    return ErrorPolicy(mode, policy_of(node, settings))


def delay_before(policy: RetryPolicy, attempt: int, failure: StepFailed, key: str) -> timedelta | None:
    """How long to wait after the failed `attempt` (from 1); None for not again.

    Jitter takes away up to half of the delay, by a hash of `key`, so that it is the same whenever it is asked.
    """
    if not failure.may_retry or attempt >= policy.attempts:
        return None
    if policy.retry_on and failure.cause not in policy.retry_on:
        return None
    seconds = seconds_after(policy, attempt)
    if policy.jitter:
        digest = hashlib.sha256(f"{key}#{attempt}".encode()).digest()
        seconds *= 1 - int.from_bytes(digest[:4]) / 2**33
    return timedelta(seconds=seconds)
