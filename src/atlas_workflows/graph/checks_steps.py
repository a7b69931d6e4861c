"""Checks of each trigger, node and variable on its own: ids, types, parameters, references."""

from collections.abc import Iterable, Mapping
from decimal import Decimal

from atlas_workflows.graph.catalogue import Catalogue, Fault, NodeKind
from atlas_workflows.graph.model import ErrorMode, Node, Severity, Trigger, Workflow
from atlas_workflows.graph.reading import ProblemList
from atlas_workflows.graph.references import undefined

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float, Decimal),
    "boolean": (bool,),
    "date": (str,),
    "array": (list, tuple),
    "object": (dict,),
}


def check_steps(
    workflow: Workflow, catalogue: Catalogue, kinds: Mapping[str, NodeKind | None], findings: ProblemList
) -> None:
    """Report whatever is wrong with a step without looking at edges."""
    _check_ids(workflow, findings)
    _check_settings(workflow, catalogue, findings)
    _check_variables(workflow, findings)
    for trigger in workflow.triggers:
        kind = catalogue.trigger(trigger.type, trigger.version)
        if kind is None:
            _report_unknown_type(trigger, "trigger", findings)
        elif faults := kind.faults(trigger.parameters):
            _report_faults(trigger, faults, findings)
    has_twins = len(kinds) < len(workflow.nodes)
    for node in workflow.nodes:
        node_kind = kinds[node.id] if not has_twins else catalogue.node(node.type, node.version)
        if node_kind is None:
            _report_unknown_type(node, "node", findings)
        elif faults := node_kind.faults(node.parameters):
            _report_faults(node, faults, findings)
    _check_references(workflow, findings)


def _check_settings(workflow: Workflow, catalogue: Catalogue, findings: ProblemList) -> None:
    settings = workflow.settings
    for fault in catalogue.settings_faults(settings):
        field = f"settings.{fault.field}"
        findings.add(fault.code, fault.message, fault.remedy, severity=fault.severity, field=field)
    modes = [settings.error_mode, *[node.on_error for node in workflow.nodes]]
    if settings.error_workflow_id is None and ErrorMode.WORKFLOW in modes:
        message = "An error mode wants to start the error workflow, but the settings name none."
        remedy = "Set settings.error_workflow_id; without it the mode is like stop."
        code = "MISSING_ERROR_WORKFLOW"
        findings.add(code, message, remedy, severity=Severity.WARNING, field="settings.error_workflow_id")


def hint_at_settings(workflow: Workflow, findings: ProblemList) -> None:
    """Say what is kept and acted upon by nothing."""
    settings = workflow.settings
    if settings.notify_emails or settings.notify_on_complete:
        field = "settings.notify_emails" if settings.notify_emails else "settings.notify_on_complete"
        message = "Nobody is mailed when an execution fails or completes; only when a recurring workflow does not start in time."
        remedy = "Let an error workflow tell somebody (settings.error_workflow_id), or watch the metrics."
        findings.add("SETTING_NOT_OBEYED", message, remedy, severity=Severity.INFO, field=field)


def _check_variables(workflow: Workflow, findings: ProblemList) -> None:
    for variable in workflow.variables:
        default = variable.default
        if default is None or (isinstance(default, dict) and "$secret" in default):
            continue
        field = f"variables[{variable.name}].default"
        if variable.secret:
            message = f"The variable {variable.name!r} is secret, but its default is the value itself."
            remedy = 'Write {"$secret": "<uuid>"} there, or leave it out and give the value at the start.'
            findings.add("PLAIN_SECRET", message, remedy, field=field)
        elif not isinstance(default, _TYPES.get(variable.type, object)) or (
            isinstance(default, bool) and variable.type == "number"
        ):
            message = f"The variable {variable.name!r} is of type {variable.type}, but its default is not."
            remedy = "Correct the default or the type; the default is used as it stands."
            findings.add("WRONG_DEFAULT", message, remedy, severity=Severity.WARNING, field=field)


def _check_ids(workflow: Workflow, findings: ProblemList) -> None:
    ids = [step.id for step in workflow.triggers] + [step.id for step in workflow.nodes]
    for step in _repeated(ids):
        message = f"Several triggers or nodes have the id {step!r}."
        findings.add("DUPLICATE_ID", message, "Give each its own id.", node=step)
    for edge in _repeated([edge.id for edge in workflow.edges]):
        message = f"Several edges have the id {edge!r}."
        findings.add("DUPLICATE_EDGE_ID", message, "Give each its own id.", field=f"edges[{edge}]")
    for variable in _repeated([variable.name for variable in workflow.variables]):
        message = f"The variable {variable!r} is declared more than once."
        findings.add("DUPLICATE_VARIABLE", message, "Keep one declaration.", field=f"variables[{variable}]")


def _repeated(names: list[str]) -> Iterable[str]:
    if len(names) < 2 or len(set(names)) == len(names):
        return ()
    seen: set[str] = set()
    return dict.fromkeys(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]


def _report_unknown_type(step: Node | Trigger, what: str, findings: ProblemList) -> None:
    message = (
        f"{step.id} has the {what} type {step.type[:80]!r} in version {step.version}, which does not exist."
    )
    remedy = f"Choose a type from the catalogue, or keep it whole as a {what} of type unknown."
    findings.add(
        f"UNKNOWN_{what.upper()}_TYPE",
        message,
        remedy,
        severity=Severity.ERROR if step.enabled else Severity.WARNING,
        node=step.id,
        field="type",
    )


def _report_faults(step: Node | Trigger, faults: Iterable[Fault], findings: ProblemList) -> None:
    for fault in faults:
        severity = fault.severity if step.enabled else _softened(fault.severity)
        field = f"parameters.{fault.field}" if fault.field else "parameters"
        findings.add(fault.code, fault.message, fault.remedy, severity=severity, node=step.id, field=field)


def _softened(severity: Severity) -> Severity:
    # What is switched off cannot do harm, so it must not keep the workflow from being activated.
    return Severity.WARNING if severity is Severity.ERROR else severity


def _check_references(workflow: Workflow, findings: ProblemList) -> None:
    for node, root, name, where in undefined(workflow):
        if root == "variables":
            message = f"variables.{name} is used, but no variable of that name is declared or set."
            remedy = "Declare it, correct its name, or give it a default in the template."
            code = "UNDEFINED_VARIABLE"
        else:
            message = f"nodes.{name} is used, but there is no node {name!r}."
            remedy = "Correct the node's id."
            code = "UNDEFINED_NODE"
        field = f"parameters.{where}"
        findings.add(code, message, remedy, severity=Severity.WARNING, node=node, field=field)
