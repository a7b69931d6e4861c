"""What happens after a failed attempt: another one, or what the error mode says. The table is in `retry`."""

from atlas_workflows.engine.behaviour import StepFailed
from atlas_workflows.engine.events import Effect, Failure
from atlas_workflows.engine.limits import MAX_NESTED_WORKFLOWS
from atlas_workflows.engine.looping import close_frame
from atlas_workflows.engine.retry import delay_before
from atlas_workflows.engine.state import Status, Token
from atlas_workflows.engine.walk import Walk
from atlas_workflows.graph.model import ERROR_PORT, ErrorMode

ERROR_START = "!error"  # ends the key of the effect that starts the error workflow


def fail(walk: Walk, token: Token, failure: StepFailed, continue_port: str) -> None:
    """Record a failed attempt and decide."""
    policy = walk.program.policy(token.node)
    delay = delay_before(policy.retry, token.attempt, failure, token.key)
    if delay is not None:
        note = f"Tried again in {delay.total_seconds():g} s."
        walk.record(token, "failed", error=_text(failure), note=note)
        walk.hold(token, Status.RETRY, due_at=walk.at.now + delay, details={})
        return
    before = walk.state.copy()
    close_frame(walk, token)
    port = _way_out(walk, token, policy.mode, continue_port)
    walk.record(token, "failed", error=_text(failure), port=port)
    if port is not None:
        walk.state.outputs[token.node] = {"error": failure.message, "error_class": failure.cause}
        walk.leave(token, port)
        return
    walk.state.tokens.pop(token.id, None)
    reason = f"{token.node}: {failure.message}"
    if policy.mode is ErrorMode.WORKFLOW:
        reason += _start_error_workflow(walk, token, failure)
    kind = walk.program.plan.nodes[token.node].type
    walk.failure = Failure(token.node, kind, failure.cause, failure.message, before)
    walk.end("failed", reason)


def _way_out(walk: Walk, token: Token, mode: ErrorMode, continue_port: str) -> str | None:
    if mode is ErrorMode.CONTINUE:
        return continue_port
    if mode is ErrorMode.PORT and walk.program.plan.after(token.node, ERROR_PORT):
        return ERROR_PORT
    return None


def _start_error_workflow(walk: Walk, token: Token, failure: StepFailed) -> str:
    workflow = walk.program.workflow.settings.error_workflow_id
    if workflow is None:
        return ""
    if walk.state.depth >= MAX_NESTED_WORKFLOWS:
        # An error workflow that fails may name itself.
        return f" The error workflow is not started: more than {MAX_NESTED_WORKFLOWS} levels (MAX_NESTED_WORKFLOWS)."
    error = {"node": token.node, "message": failure.message, "error_class": failure.cause}
    content = {
        "workflow_id": workflow,
        "input": {"error": error, "execution": walk.state.execution},
        "wait_for_result": False,
        "depth": walk.state.depth + 1,
    }
    key = f"{token.key}{ERROR_START}"
    walk.effects.append(Effect(token.node, "start_workflow", key, walk.at.now, content))
    return ""


def _text(failure: StepFailed) -> str:
    return f"{failure.cause}: {failure.message}"
