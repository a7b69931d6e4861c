"""Checks of the edges: ends that exist, ports that exist, nothing twice, nothing into a trigger."""

from collections.abc import Mapping

from atlas_workflows.graph.catalogue import NodeKind, Role
from atlas_workflows.graph.model import ERROR_PORT, MAIN_PORT, Edge, ErrorMode, Severity
from atlas_workflows.graph.plan import Plan
from atlas_workflows.graph.reading import ProblemList


def check_edges(plan: Plan, kinds: Mapping[str, NodeKind], findings: ProblemList) -> None:
    """Report every edge that cannot be followed, and ports left without one where that is suspicious."""
    ports = {step: kind.ports_out(plan.nodes[step].parameters) for step, kind in kinds.items()}
    seen: set[tuple[str, str, str, str]] = set()
    for edge in plan.workflow.edges:
        if _has_both_ends(edge, plan, findings):
            key = (edge.source, edge.source_port, edge.target, edge.target_port)
            if key in seen:
                _report(edge, "DUPLICATE_EDGE", "repeats another edge", "Remove one of the two.", findings)
            seen.add(key)
            _check_ports(edge, plan, kinds, ports, findings)
    for step, kind in kinds.items():
        _check_missing_paths(step, kind, ports[step], plan, findings)


def _has_both_ends(edge: Edge, plan: Plan, findings: ProblemList) -> bool:
    nodes, triggers = plan.nodes, plan.triggers
    if edge.source not in nodes and edge.source not in triggers:
        what = f"starts at {edge.source!r}, which does not exist"
        _report(edge, "DANGLING_EDGE", what, "Connect it to an existing node, or remove it.", findings)
        return False
    if edge.target in triggers:
        what = f"leads into the trigger {edge.target!r}"
        _report(
            edge, "EDGE_INTO_TRIGGER", what, "A trigger only starts; lead to the node after it.", findings
        )
        return False
    if edge.target not in nodes:
        what = f"leads to {edge.target!r}, which does not exist"
        _report(edge, "DANGLING_EDGE", what, "Connect it to an existing node, or remove it.", findings)
        return False
    if edge.source == edge.target:
        _report(edge, "SELF_LOOP", f"leads from {edge.source!r} back to itself", "Use a loop node.", findings)
        return False
    return True


def _check_ports(
    edge: Edge,
    plan: Plan,
    kinds: Mapping[str, NodeKind],
    ports: Mapping[str, tuple[str, ...]],
    findings: ProblemList,
) -> None:
    target = kinds.get(edge.target)
    if target is not None and edge.target_port not in target.ports_in:
        what = f"enters {edge.target!r} at a port {edge.target_port!r} that it does not have"
        _report_port(edge, what, target.ports_in, findings)
    if edge.source in plan.triggers:
        if edge.source_port != MAIN_PORT:
            what = f"leaves the trigger {edge.source!r} at a port {edge.source_port!r}"
            _report_port(edge, what, (MAIN_PORT,), findings)
        return
    source = kinds.get(edge.source)
    if source is None or edge.source_port in ports[edge.source] or source.role is Role.UNKNOWN:
        return
    if edge.source_port == ERROR_PORT and source.role is not Role.NOTE:
        _check_error_port(edge, plan, findings)
    elif ports[edge.source] or source.role in (Role.NOTE, Role.END):
        what = f"leaves {edge.source!r} at a port {edge.source_port!r} that it does not have"
        _report_port(edge, what, ports[edge.source], findings)


def _check_error_port(edge: Edge, plan: Plan, findings: ProblemList) -> None:
    mode = plan.nodes[edge.source].on_error or plan.workflow.settings.error_mode
    if mode is not ErrorMode.PORT:
        what = f"leaves {edge.source!r} at port 'error', but its error mode is {mode.value!r}"
        remedy = 'Set on_error to "port", otherwise the edge is never followed.'
        _report(edge, "UNUSED_ERROR_PORT", what, remedy, findings, Severity.WARNING)


def _check_missing_paths(
    step: str, kind: NodeKind, ports: tuple[str, ...], plan: Plan, findings: ProblemList
) -> None:
    connected = plan.outgoing.get(step, {})
    for port in ports:
        if port not in connected and (code := kind.missing_path(port)) is not None:
            message = f"Nothing is connected to port {port!r} of {step!r}; what takes that way ends there."
            remedy = "Connect it, or leave it if that is meant."
            findings.add(code, message, remedy, severity=Severity.WARNING, node=step, field=f"ports.{port}")
    if plan.nodes[step].on_error is ErrorMode.PORT and ERROR_PORT not in connected:
        message = f"The error mode of {step!r} is port, but nothing is connected to its port 'error'."
        remedy = "Connect it; without it the mode is like stop."
        code = "MISSING_ERROR_PATH"
        findings.add(code, message, remedy, severity=Severity.WARNING, node=step, field="ports.error")


def _report_port(edge: Edge, what: str, ports: tuple[str, ...], findings: ProblemList) -> None:
    remedy = (
        f"Use one of its ports: {', '.join(ports[:20])}." if ports else "Remove the edge; it has no ports."
    )
    _report(edge, "UNKNOWN_PORT", what, remedy, findings)


def _report(
    edge: Edge, code: str, what: str, remedy: str, findings: ProblemList, severity: Severity = Severity.ERROR
) -> None:
    message = f"The edge {edge.id!r} {what}."
    findings.add(code, message, remedy, severity=severity, node=edge.source, field=f"edges[{edge.id}]")
