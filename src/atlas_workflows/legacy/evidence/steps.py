"""What the history says about the steps of a workflow, held against what translation makes of them. Pure."""

from collections.abc import Iterable, Mapping

from atlas_workflows.graph.model import Edge, Node
from atlas_workflows.legacy.evidence.seen import Evidence, StepSeen
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode

SENDING = frozenset({"send_email", "send_sms", "send_whatsapp", "make_call"})
OUTSIDE = SENDING | {"send_webhook", "http_request", "notify_team"}


def note_steps(
    nodes: Iterable[Node],
    edges: Iterable[Edge],
    disabled: Mapping[str, str],
    evidence: Evidence | None,
    findings: Findings,
) -> None:
    """Changes for steps that would do what they never did, and for those switched off (`disabled`: id -> path) that ran."""
    seen = {} if evidence is None else evidence.steps
    for id_, path in disabled.items():
        # Where steps were recorded and this one never, or only as skipped, it did not run.
        if not seen or seen.get(id_.strip(), StepSeen.SKIPPED) is not StepSeen.SKIPPED:
            findings.change(
                ReasonCode.DISABLED_STEP_RAN, path,
                "No engine read the switch; the step was executed all the same.", before="executed", after="switched off",
            )  # fmt: skip
    if evidence is None or not seen:
        return
    before: dict[str, list[str]] = {}
    for edge in edges:
        before.setdefault(edge.target, []).append(edge.source)
    for node in nodes:
        if node.enabled:
            _note_node(node, before.get(node.id, ()), evidence, findings)


def _note_node(node: Node, before: Iterable[str], evidence: Evidence, findings: Findings) -> None:
    # The history is compared without blanks around an id, however the graph keeps it.
    seen = evidence.steps.get(node.id.strip())
    if seen is StepSeen.SKIPPED:
        _note(ReasonCode.STEP_ALWAYS_SKIPPED, node, "skipped every time", findings)
    elif seen is StepSeen.FAILED:
        _note(ReasonCode.STEP_ALWAYS_FAILED, node, "failed every time", findings)
    elif seen is None and node.type in OUTSIDE and evidence.often.intersection(id_.strip() for id_ in before):
        _note(ReasonCode.BRANCH_NEVER_SENT, node, "never executed", findings)


def _note(code: ReasonCode, node: Node, before: str, findings: Findings) -> None:
    findings.change(
        code, f"nodes.{node.id[:80]}", f"{node.name[:80] or node.id[:80]}: the history shows it as {before}.",
        before=before, after=f"{node.type} is executed",
    )  # fmt: skip
