"""A legacy workflow to the workflow format, with everything that is to be said about it. Pure and deterministic."""

import re
from dataclasses import dataclass, replace
from uuid import UUID

import re2

from atlas_workflows.exact_json import MAY_LOSE_DIGITS
from atlas_workflows.graph.catalogue import Catalogue
from atlas_workflows.graph.limits import MAX_DEPTH, MAX_NAME_LENGTH, is_deeper_than
from atlas_workflows.graph.model import Node, Problem, Settings, Severity, Trigger, Variable, Workflow
from atlas_workflows.graph.references import undefined
from atlas_workflows.graph.validate import validate
from atlas_workflows.legacy.conditions.fields import EVENT_OBJECTS, LEAD_NAMES
from atlas_workflows.legacy.evidence.steps import note_steps
from atlas_workflows.legacy.evidence.verdicts import note_verdicts
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.assemble import Assembled, assemble
from atlas_workflows.legacy.graph.raw import RawGraph, raw_graph
from atlas_workflows.legacy.graph.settings import translate_settings
from atlas_workflows.legacy.graph.variables import translate_variables
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow, Outcome, Row, Tenancy, Translation
from atlas_workflows.legacy.secret_values import hidden, original_holds_secret, seal_values
from atlas_workflows.legacy.source.documents import UNSTORABLE_IN_TEXT, decode
from atlas_workflows.legacy.source.status import counters_of, status_of
from atlas_workflows.legacy.source.tags import translate_tags
from atlas_workflows.legacy.source.tenancy import is_uuid, organization_of
from atlas_workflows.legacy.source.texts import MAYBE_DAMAGED, clean_name, may_be_damaged, report_damage
from atlas_workflows.legacy.triggers.endpoints import with_own_endpoints
from atlas_workflows.secrets.detection import SECRET_HINTS, may_hold_secret

# Below these the costlier look cannot find anything: openers of a document MAX_DEPTH deep, commas of a cut list.
_DEEP_OPENERS, _CUT_COMMAS = 60, 999
_DEEPEST = MAX_DEPTH - 20  # what translation wraps around a node must still fit
# Nearly every row holds nothing of all this, and one scan over the whole row says so at the price of one column's.
_NEEDS_CLOSE_LOOK = re2.compile(b"|".join((SECRET_HINTS, MAYBE_DAMAGED, MAY_LOSE_DIGITS, UNSTORABLE_IN_TEXT)))
_PLAIN_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


def translate(
    record: LegacyWorkflow, tenancy: Tenancy | None = None, catalogue: Catalogue | None = None
) -> Translation:
    """The translation of one row; never raises: a form nobody foresaw is quarantined with its reason.

    `tenancy` says which organizations exist; without it any UUID passes as one. With a `catalogue` the result is
    validated, and one with errors says which and stays inactive.
    """
    try:
        return translate_or_raise(record, tenancy, catalogue)
    except Exception as cause:
        findings = Findings(record.table, record.holder or record.id)
        findings.reason(ReasonCode.TRANSLATION_FAILED, None, f"{type(cause).__name__} while reading the row.")
        return _quarantined(findings, "draft", record, holds_secret=True)


@dataclass(slots=True)
class _Row:
    """A row while it is translated: its texts as one, and what they may hold."""

    record: LegacyWorkflow
    findings: Findings
    text: bytes
    needs_close_look: bool
    may_hold_secret: bool
    organization: str | None
    status: str

    def quarantined(self) -> Translation:
        return _quarantined(self.findings, self.status, self.record, holds_secret=self.may_hold_secret)


def translate_or_raise(
    record: LegacyWorkflow, tenancy: Tenancy | None = None, catalogue: Catalogue | None = None
) -> Translation:
    """`translate` without its safety net, for tests that want to see what fails."""
    row = _looked_at(record, tenancy)
    if row.organization is None:
        return row.quarantined()
    raw = raw_graph(record, row.findings)
    if _is_too_deep(row.text, raw):
        said = f"The graph is nested more than {_DEEPEST} deep."
        row.findings.reason(ReasonCode.GRAPH_UNDECODABLE, raw.broken, said)
        return row.quarantined()
    variables = translate_variables(raw.variables, "variables", row.findings)
    row.findings.variables = frozenset(variable.name for variable in variables)
    _note_shadowed(row.findings)
    settings, parts = _assembled(row, raw, tenancy)
    if raw.broken is not None and not parts.nodes and row.status in ("active", "paused"):
        return row.quarantined()
    _judge(row, raw, parts, tenancy)
    workflow = _workflow(row, raw, parts, variables, settings)
    return _concluded(row, raw, parts, workflow, tenancy, catalogue)


def _looked_at(record: LegacyWorkflow, tenancy: Tenancy | None) -> _Row:
    findings = Findings(record.table, record.holder or record.id)
    text = _raw_text(record)
    needs_close_look = _NEEDS_CLOSE_LOOK.search(text) is not None
    findings.is_plain = not needs_close_look
    return _Row(
        record,
        findings,
        text,
        needs_close_look,
        may_hold_secret=needs_close_look and may_hold_secret(text),
        organization=organization_of(record.organization_id, tenancy, findings),
        status=status_of(record, findings),
    )


def _assembled(row: _Row, raw: RawGraph, tenancy: Tenancy | None) -> tuple[Settings, Assembled]:
    record, findings = row.record, row.findings
    home_zone = tenancy.zone_of(str(row.organization)) if tenancy is not None else None
    settings, gates = translate_settings(record.columns, record.shape, findings, home_zone)
    if "conditions" in record.columns:
        gates = decode(record.columns, "conditions", findings)
    return settings, assemble(record, raw, settings, gates, findings)


def _judge(row: _Row, raw: RawGraph, parts: Assembled, tenancy: Tenancy | None) -> None:
    """Note damage, endpoints, and what the history says of triggers and steps."""
    findings = row.findings
    if (row.needs_close_look and may_be_damaged(row.text)) or _may_be_cut(row.text, parts):
        for node in parts.drawn:
            report_damage(node.original, node.path, findings)
    parts.triggers, parts.links = with_own_endpoints(
        parts.triggers, parts.links, str(row.organization), tenancy, findings
    )
    _look_closer(row.record, raw, parts, findings)
    verdicts = list(zip(parts.triggers, parts.slots, parts.judged, strict=True))
    note_verdicts(verdicts, findings, is_live=row.status == "active", is_surveyed=parts.evidence is not None)
    note_steps(parts.nodes, parts.edges, parts.disabled, parts.evidence, findings)


def _workflow(
    row: _Row, raw: RawGraph, parts: Assembled, variables: tuple[Variable, ...], settings: Settings
) -> Workflow:
    name, description = _names(row.record.columns, row.findings)
    return Workflow(
        id=_workflow_id(row.record, row.findings),
        name=name,
        nodes=tuple(parts.nodes),
        edges=tuple(parts.edges),
        triggers=tuple(parts.triggers),
        variables=variables,
        settings=settings,
        organization_id=row.organization,
        description=description,
        tags=translate_tags(row.record.columns, raw.tags, row.findings),
    )


def _concluded(
    row: _Row,
    raw: RawGraph,
    parts: Assembled,
    workflow: Workflow,
    tenancy: Tenancy | None,
    catalogue: Catalogue | None,
) -> Translation:
    """Without secrets, validated, with the status that all findings leave it."""
    record, findings = row.record, row.findings
    if record.shape == "A" and raw.variables == []:
        _note_wiped_variables(workflow, row.text, findings)
    if row.may_hold_secret:
        workflow = _without_secrets(workflow, findings)
    if catalogue is not None:
        _note_problems(validate(workflow, catalogue, hints=False), findings)
    if row.may_hold_secret:
        findings.hide_secrets()
    template = _own_template(record.columns, str(row.organization), tenancy, findings)
    final = _final_status(row.status, workflow, findings)
    told = _translation(record, workflow, final, parts, findings, secret_possible=row.may_hold_secret)
    return replace(told, template_id=template)


def _translation(
    record: LegacyWorkflow,
    workflow: Workflow,
    status: str,
    parts: Assembled,
    findings: Findings,
    *,
    secret_possible: bool,
) -> Translation:
    counters, reported = counters_of(record, findings)
    if secret_possible:
        reported = seal_values(reported, "stats", findings)
    holds = bool(findings.secrets) or (secret_possible and original_holds_secret(record.columns))
    return Translation(
        workflow=workflow,
        status=status,
        outcome=Outcome.MIGRATED_WITH_WARNINGS if findings.is_warned else Outcome.MIGRATED,
        organization_id=workflow.organization_id,
        reasons=tuple(findings.reasons),
        changes=tuple(findings.changes),
        secrets=tuple(findings.secrets),
        holds_secret=holds,
        counters=counters,
        reported=reported,
        may_hold_secret=secret_possible,
        links=tuple(parts.links),
        judged=tuple(None if item is None else (str(item.evidence), item.rule) for item in parts.judged),
    )


def _quarantined(
    findings: Findings, status: str, record: LegacyWorkflow, *, holds_secret: bool
) -> Translation:
    # Whether it really holds a secret is not looked into: sealing an original too many does no harm.
    return Translation(
        workflow=None,
        status=status,
        outcome=Outcome.QUARANTINED,
        organization_id=record.organization_id if is_uuid(record.organization_id or "") else None,
        reasons=tuple(findings.reasons),
        changes=tuple(findings.changes),
        holds_secret=holds_secret,
        may_hold_secret=holds_secret,
    )


def _raw_text(record: LegacyWorkflow) -> bytes:
    texts = [value for value in record.columns.values() if value is not None]
    for rows in (
        record.trigger_rows,
        record.schedule_rows,
        record.webhook_rows,
        record.variable_rows,
        record.node_rows,
    ):
        texts += [value for row in rows for value in row.values() if value is not None]
    return "\n".join(texts).encode("utf-8", "surrogatepass")


def _is_too_deep(raw_text: bytes, raw: RawGraph) -> bool:
    if raw_text.count(b"{") + raw_text.count(b"[") < _DEEP_OPENERS:
        return False
    return any(is_deeper_than(entry, _DEEPEST) for found in (raw.nodes, raw.steps) for _, entry in found)


def _names(row: Row, findings: Findings) -> tuple[str, str]:
    name = clean_name(row.get("name") or "", "name", findings)
    if not name.strip():
        findings.reason(ReasonCode.NAME_MISSING, "name", "The name is empty.")
        name = "Untitled workflow"
    if len(name) > MAX_NAME_LENGTH:
        findings.reason(ReasonCode.NAME_SHORTENED, "name", f"The name has {len(name)} characters.")
    return name[:MAX_NAME_LENGTH], clean_name(row.get("description") or "", "description", findings)


def _workflow_id(record: LegacyWorkflow, findings: Findings) -> str:
    if _PLAIN_UUID.fullmatch(record.id) is not None:
        return record.id
    try:
        return str(UUID(record.id))
    except ValueError:
        findings.reason(ReasonCode.ID_DERIVED, "id", "The id is no UUID.")
        return str(derived_id(record.table, record.id, "workflow"))


def _final_status(status: str, workflow: Workflow, findings: Findings) -> str:
    if status != "active":
        return status
    if not workflow.nodes:
        findings.reason(
            ReasonCode.ACTIVE_WITHOUT_NODES, "status", "An active workflow without nodes does nothing."
        )
        return "paused"
    if not workflow.triggers:
        findings.reason(ReasonCode.NO_TRIGGER, "trigger_type", "Nothing says what starts this workflow.")
        return "paused"
    if findings.inactive:
        findings.reason(ReasonCode.TYPE_UNKNOWN_INACTIVE, "status", "It holds parts that cannot be executed.")
        return "paused"
    return status


def _may_be_cut(raw_text: bytes, parts: Assembled) -> bool:
    """Whether a list or an object may have just the size at which the old save path cut."""
    return raw_text.count(b",") >= _CUT_COMMAS or 100 in [len(node.settings) for node in parts.drawn]


def _look_closer(record: LegacyWorkflow, raw: RawGraph, parts: Assembled, findings: Findings) -> None:
    """What only shows when the row's parts are compared with each other."""
    if len(raw.nodes) == 1000 or len(raw.edges) == 1000:
        findings.reason(ReasonCode.POSSIBLY_TRUNCATED, "nodes", "The graph has exactly 1000 nodes or edges.")
    if record.node_rows:
        copy = {(row.get("node_id"), row.get("node_type")) for row in record.node_rows}
        graph = {(node.id, node.type) for node in parts.drawn}
        if copy != graph:
            findings.reason(
                ReasonCode.NODE_COPY_DISAGREES,
                "workflow_nodes",
                f"{len(copy - graph)} differ here, {len(graph - copy)} in the graph.",
            )


def _note_wiped_variables(workflow: Workflow, raw_text: bytes, findings: Findings) -> None:
    """The builder sent an object where the save path took arrays only, and so every save left an empty array."""
    if any(reason.code is ReasonCode.TEMPLATE_VARIABLE_UNKNOWN for reason in findings.reasons) or (
        (b"variables." in raw_text or b"vars." in raw_text)
        and any(root == "variables" for _, root, _, _ in undefined(workflow))
    ):
        findings.reason(
            ReasonCode.VARIABLES_WIPED, "variables", "No variable is left, but texts speak of some."
        )


def _note_shadowed(findings: Findings) -> None:
    shadowed = sorted(findings.variables & (LEAD_NAMES | EVENT_OBJECTS))
    if shadowed:
        findings.reason(
            ReasonCode.VARIABLE_SHADOWED,
            "variables",
            f"The lead's own fields come first: {', '.join(shadowed)[:200]}.",
        )


def _note_problems(problems: list[Problem], findings: Findings) -> None:
    for problem in problems:
        if problem.code == "BRANCHES_WITHOUT_MERGE":
            findings.change(
                ReasonCode.EXECUTED_PER_WAY, f"nodes.{problem.node}",
                "Several ways lead to the step side by side: most old engines executed it once, now it is executed for each.",
                before="once, by all engines but one", after="for each way that is taken",
            )  # fmt: skip
        if problem.severity is Severity.ERROR:
            place = ".".join(part for part in (problem.node, problem.field) if part)
            findings.reason(
                ReasonCode.DEFINITION_INVALID, place or None, f"{problem.code}: {problem.message}"
            )
            findings.keep_inactive()


def _own_template(row: Row, organization: str, tenancy: Tenancy | None, findings: Findings) -> str | None:
    template = row.get("template_id")
    if not template or tenancy is None:
        return template
    if tenancy.templates is not None and template not in tenancy.templates:
        findings.reason(ReasonCode.TEMPLATE_UNKNOWN, "template_id", f"There is no template {template[:80]}.")
    if tenancy.private_templates.get(template, organization) != organization:
        findings.reason(ReasonCode.TEMPLATE_FOREIGN, "template_id", "The template is another organization's.")
        return None
    return template


def _without_secrets(workflow: Workflow, findings: Findings) -> Workflow:
    nodes = tuple(_sealed_node(node, findings) for node in workflow.nodes)
    triggers = tuple(_sealed_trigger(trigger, findings) for trigger in workflow.triggers)
    return replace(
        workflow,
        nodes=nodes,
        triggers=triggers,
        variables=tuple(_sealed_variable(variable, findings) for variable in workflow.variables),
        tags=tuple(hidden(tag, "tags", findings) for tag in workflow.tags),
        name=hidden(workflow.name, "name", findings),
        description=hidden(workflow.description, "description", findings),
    )


def _sealed_node(node: Node, findings: Findings) -> Node:
    path = f"nodes.{node.id}"
    parameters = seal_values(dict(node.parameters), f"{path}.parameters", findings)
    _note_placeholders(f"{path}.parameters", findings)
    name, notes = hidden(node.name, f"{path}.name", findings), hidden(node.notes, f"{path}.notes", findings)
    return replace(node, parameters=parameters, name=name, notes=notes)


def _note_placeholders(path: str, findings: Findings) -> None:
    """A secret is opened when it is sent, after all placeholders were filled in, and so its own never are."""
    for found in findings.secrets:
        if "{{" in found.value and found.path.startswith(path):
            findings.change(
                ReasonCode.SECRET_HOLDS_PLACEHOLDER, found.path,
                "The text holds a secret and is sealed whole; give the secret a setting of its own, and the rest is filled in.",
                before="placeholders filled in", after="sent as it stands",
            )  # fmt: skip


def _sealed_trigger(trigger: Trigger, findings: Findings) -> Trigger:
    path = f"triggers.{trigger.id}"
    parameters = seal_values(dict(trigger.parameters), f"{path}.parameters", findings)
    return replace(trigger, parameters=parameters, name=hidden(trigger.name, f"{path}.name", findings))


def _sealed_variable(variable: Variable, findings: Findings) -> Variable:
    """What was not marked as a secret may still be one, or hold one."""
    path = f"variables.{variable.name}"
    default = seal_values(variable.default, f"{path}.value", findings)
    whole = isinstance(variable.default, str) and isinstance(default, dict)
    description = hidden(variable.description, f"{path}.description", findings)
    return replace(variable, default=default, description=description, secret=variable.secret or whole)
