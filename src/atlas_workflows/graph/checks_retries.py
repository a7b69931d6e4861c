"""Checks that whatever is to be tried again can be: no delay beyond the timeouts that cut it off."""

from collections.abc import Mapping

from atlas_workflows.graph.catalogue import Effect, NodeKind
from atlas_workflows.graph.model import Node, RetryPolicy, Settings, Severity, Workflow
from atlas_workflows.graph.reading import ProblemList
from atlas_workflows.graph.retries import attempt_cut_off, policy_of

# What it waits for is not busy, so only the delays between its attempts count.
_WAITS_FOR_OTHERS = "sub_workflow"


def check_retries(workflow: Workflow, kinds: Mapping[str, NodeKind], findings: ProblemList) -> None:
    """Report delays that are cut short and attempts that never come."""
    settings = workflow.settings
    if settings.retry is not None:
        _check_cap(settings.retry, "settings.retry", None, findings)
    _check_delays(policy_of(None, settings), settings, "settings.retry", None, findings)
    for node in workflow.nodes:
        kind = kinds.get(node.id)
        if node.retry is not None and node.enabled:
            _check_cap(node.retry, "retry", node, findings)
            _check_delays(node.retry, settings, "retry", node, findings)
        if (
            kind is not None
            and kind.effect is not Effect.NONE
            and node.enabled
            and kind.name != _WAITS_FOR_OTHERS
        ):
            _check_timeout(node, settings, findings)


def _check_cap(policy: RetryPolicy, field: str, node: Node | None, findings: ProblemList) -> None:
    if policy.attempts == 1 or policy.delay_seconds <= policy.max_delay_seconds:
        return
    message = (
        f"{field}.delay_seconds is {policy.delay_seconds:g}, but max_delay_seconds cuts it to "
        f"{policy.max_delay_seconds:g}."
    )
    remedy = "Raise max_delay_seconds, or lower the delay."
    _add("RETRY_DELAY_CUT", message, remedy, Severity.WARNING, f"{field}.delay_seconds", node, findings)


def _check_delays(
    policy: RetryPolicy, settings: Settings, field: str, node: Node | None, findings: ProblemList
) -> None:
    limit = settings.max_execution_seconds
    attempt = attempt_cut_off(policy, limit)
    if attempt is None:
        return
    message = (
        f"Attempt {attempt} of {policy.attempts} never comes: the delays before it count towards "
        f"max_execution_seconds, which is {limit:g}."
    )
    remedy = "Raise settings.max_execution_seconds, or lower the delay or the number of attempts."
    severity = Severity.ERROR if attempt == 2 else Severity.WARNING
    _add("RETRY_BEYOND_TIMEOUT", message, remedy, severity, field, node, findings)


def _check_timeout(node: Node, settings: Settings, findings: ProblemList) -> None:
    limit, seconds = settings.max_execution_seconds, node.timeout_seconds
    if seconds is None:
        return
    policy = policy_of(node, settings)
    attempt = attempt_cut_off(policy, limit, seconds)
    if seconds >= limit:
        message = (
            f"timeout_seconds is {seconds:g}, but max_execution_seconds ends the execution after {limit:g}."
        )
    elif attempt is not None and attempt_cut_off(policy, limit) is None:
        message = (
            f"Attempt {attempt} of {policy.attempts} never comes after attempts that took timeout_seconds "
            f"({seconds:g}): max_execution_seconds ends the execution after {limit:g}."
        )
    else:
        return
    remedy = "Raise settings.max_execution_seconds, or lower timeout_seconds."
    _add("TIMEOUT_BEYOND_EXECUTION", message, remedy, Severity.WARNING, "timeout_seconds", node, findings)


def _add(
    code: str,
    message: str,
    remedy: str,
    severity: Severity,
    field: str,
    node: Node | None,
    findings: ProblemList,
) -> None:
    findings.add(
        code, message, remedy, severity=severity, node=None if node is None else node.id, field=field
    )
