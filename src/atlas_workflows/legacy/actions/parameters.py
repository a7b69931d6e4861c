"""A legacy action's settings to the parameters of its canonical node type."""

import re
from collections.abc import Callable
from typing import Any

from atlas_workflows.legacy.actions.drawer import UNFIT, Drawer, number, translated
from atlas_workflows.legacy.actions.fields import ACTION_FIELDS
from atlas_workflows.legacy.conditions.forms import translate_condition
from atlas_workflows.legacy.graph.stored import LegacyNode
from atlas_workflows.legacy.reasons import ReasonCode

CHANNELS = {"send_email": "email", "send_sms": "sms", "send_whatsapp": "whatsapp"}
_UNITS = {
    unit + ending: unit + "s"
    for unit in ("second", "minute", "hour", "day", "week", "month")
    for ending in ("", "s")
}
_SPAN = re.compile(r"\s*\+?\s*(\d{1,6})\s*(second|minute|hour|day|week|month)s?\s*", re.IGNORECASE)
_PRIORITIES = {"normal": "medium", "urgent": "high", "critical": "high"}
# A leading "=" made the old engine execute the text as code.
_CODE_MARK = "="


def action_parameters(type_: str, node: LegacyNode, drawer: Drawer) -> dict[str, Any]:
    """Parameters for a node of canonical action `type_`; unmapped settings stay in the drawer."""
    parameters: dict[str, Any] = {}
    drawer.channel = CHANNELS.get(type_, "other")
    before = _BEFORE.get(type_)
    if before is not None:
        before(parameters, drawer)
    drawer.fill(parameters, ACTION_FIELDS[type_])
    after = _AFTER.get(type_)
    if after is not None:
        after(parameters, drawer)
    _skip_unless(parameters, drawer, node)
    return parameters


def condition_of(
    raw: Any, drawer: Drawer, name: str, engine: str | None, root: str = "contact"
) -> dict[str, Any] | None:
    """A canonical condition, its findings noted; None where nothing can be made of it."""
    findings = drawer.findings
    result = translate_condition(
        raw, engine=engine, path=f"{drawer.path}.{name}", root=root, variables=findings.variables
    )
    drawer.findings.merge(tuple(result.reasons), tuple(result.changes))
    condition: dict[str, Any] | None = result.condition
    return condition


def _skip_unless(parameters: dict[str, Any], drawer: Drawer, node: LegacyNode) -> None:
    for name in ("conditions", "condition"):
        if name not in drawer.left:
            continue
        raw = drawer.left[name]
        if not raw:
            del drawer.left[name]
            continue
        condition = condition_of(raw, drawer, name, node.engine)
        if condition is not None:
            parameters["skip_unless"] = condition
            del drawer.left[name]
            return
        drawer.findings.keep_inactive()  # without its condition it would be executed for everybody


def _email(parameters: dict[str, Any], drawer: Drawer) -> None:
    mode = drawer.left.get("mode")
    if mode == "custom" and any(
        name in drawer.left for name in ("templateId", "template_id", "templateName")
    ):
        # The stored template was not used in this mode; giving it to the node would send something else.
        for name in ("templateId", "template_id", "templateName"):
            if drawer.left.get(name):
                drawer.left[f"unused.{name}"] = drawer.left.pop(name)
    tracking = drawer.left.get("tracking")
    if isinstance(tracking, bool):
        drawer.left.pop("tracking")
        parameters["track_opens"] = parameters["track_clicks"] = tracking
    elif isinstance(tracking, dict):
        _tracking(parameters, tracking, drawer)


def _tracking(parameters: dict[str, Any], tracking: dict[str, Any], drawer: Drawer) -> None:
    rest = dict(tracking)
    for target, names in (
        ("track_opens", ("opens", "trackOpens", "open", "opened")),
        ("track_clicks", ("clicks", "trackClicks", "click", "clicked")),
    ):
        for name in names:
            if isinstance(rest.get(name), bool) and target not in parameters:
                parameters[target] = rest.pop(name)
    drawer.left.pop("tracking")
    if rest:
        drawer.left["tracking"] = rest


def _single_field(parameters: dict[str, Any], drawer: Drawer) -> None:
    """{field, value} beside or instead of {fields: {...}}."""
    field = drawer.left.get("field") or drawer.left.get("fieldName") or drawer.left.get("field_name")
    if not isinstance(field, str) or "value" not in drawer.left:
        return
    value = drawer.left.pop("value")
    for name in ("field", "fieldName", "field_name"):
        if drawer.left.get(name) == field:
            del drawer.left[name]
    parameters["fields"] = {field: translated(value, drawer) if isinstance(value, str) else value}


def _merge_fields(parameters: dict[str, Any], drawer: Drawer) -> None:
    fields = parameters.get("fields")
    single: dict[str, Any] = {}
    _single_field(single, drawer)
    for key, value in single.get("fields", {}).items():
        if fields is not None and key in fields and fields[key] != value:
            drawer.left["field"], drawer.left["value"] = key, value
        else:
            parameters["fields"] = {**(fields or {}), key: value}


def _task(parameters: dict[str, Any], drawer: Drawer) -> None:
    priority = drawer.left.get("priority")
    if isinstance(priority, str) and priority.lower() in _PRIORITIES:
        parameters["priority"] = _PRIORITIES[priority.lower()]
        drawer.left["legacy_priority"] = drawer.left.pop("priority")
        drawer.say(
            ReasonCode.PARAMETER_INVALID,
            "priority",
            f"Priority {priority} was refused by the database; {parameters['priority']} is used.",
        )


def _due(parameters: dict[str, Any], drawer: Drawer) -> None:
    days = drawer.take("dueDays", "due_days", "dueInDays", "due_in_days")
    raw = drawer.take("dueDate", "due_date", "dueIn", "due_in", "due", "dueAt", "due_at")
    if days is not None:
        amount = number(days, drawer)
        if amount is UNFIT:
            drawer.left["dueDays"] = days
        else:
            parameters["due_in"] = {"amount": amount, "unit": "days"}
    if raw is None:
        return
    span = _span(raw, drawer)
    if span is not None:
        parameters.setdefault("due_in", span)
    elif isinstance(raw, str) and raw.strip() and len(raw) <= 500:
        parameters["due_at"] = translated(raw, drawer)
    else:
        drawer.left["dueDate"] = raw


def _span(raw: Any, drawer: Drawer) -> dict[str, Any] | None:
    if isinstance(raw, dict):
        unit = _UNITS.get(str(raw.get("unit", "")).lower())
        amount = number(raw.get("amount", raw.get("value")), drawer)
        whole = raw.keys() <= {"amount", "value", "unit"} and len(raw) == 2
        return {"amount": amount, "unit": unit} if unit and amount is not UNFIT and whole else None
    match = _SPAN.fullmatch(raw) if isinstance(raw, str) else None
    return {"amount": int(match[1]), "unit": _UNITS[match[2].lower()]} if match else None


def _whatsapp(parameters: dict[str, Any], drawer: Drawer) -> None:  # noqa: ARG001
    if "session" not in parameters and "template_id" in parameters:
        parameters["session"] = "template"


def _formula(parameters: dict[str, Any], drawer: Drawer) -> None:
    _default_output(parameters, drawer)
    expression = parameters.get("expression")
    if expression is None:
        return
    if not isinstance(expression, str):
        parameters["expression"] = str(expression)
    elif expression.startswith(_CODE_MARK):
        parameters["expression"] = expression[1:].lstrip()
        drawer.findings.change(
            ReasonCode.CODE_NOT_EXECUTED, f"{drawer.path}.expression",
            "The formula was executed as program code; it is now a formula of the safe language.",
            before=expression, after=parameters["expression"],
        )  # fmt: skip


def _rules(parameters: dict[str, Any], drawer: Drawer) -> None:
    raw = drawer.left.get("rules", drawer.left.get("validations"))
    found = []
    for at, rule in enumerate(raw if isinstance(raw, list) else []):
        condition = condition_of(rule, drawer, f"rules[{at}]", None)
        if condition is None:
            return
        found.append(condition)
    if found:
        parameters["rules"] = found
        drawer.left.pop("rules" if "rules" in drawer.left else "validations")


def _direct_fields(parameters: dict[str, Any], drawer: Drawer) -> None:
    """Columns named right in the config instead of under `fields`."""
    if any(
        drawer.left.get(name) for name in ("fields", "updates", "data", "fieldUpdates", "values", "field")
    ):
        return
    named = {
        name: drawer.left.pop(name) for name in _COLUMNS if drawer.left.get(name) not in (None, "", [], {})
    }
    if named:
        parameters["fields"] = {
            name: translated(value, drawer) if isinstance(value, str) else value
            for name, value in named.items()
        }


def _default_output(parameters: dict[str, Any], drawer: Drawer) -> None:
    """Without a name of its own the engines kept a result under node_<id>_output."""
    node = drawer.node_id
    parameters.setdefault("output", re.sub(r"[^A-Za-z0-9_]", "_", f"node_{node}_output")[:100])


_COLUMNS = (
    "status",
    "stage",
    "value",
    "score",
    "source",
    "name",
    "amount",
    "priority",
    "first_name",
    "last_name",
    "phone",
    "email",
)
_BEFORE: dict[str, Callable[[dict[str, Any], Drawer], None]] = {
    "send_email": _email,
    "create_task": _task,
    "validate_data": _rules,
    "update_lead": _direct_fields,
    "update_contact": _direct_fields,
    "update_opportunity": _direct_fields,
}
_AFTER: dict[str, Callable[[dict[str, Any], Drawer], None]] = {
    "update_lead": _merge_fields,
    "update_contact": _merge_fields,
    "update_opportunity": _merge_fields,
    "create_task": _due,
    "send_whatsapp": _whatsapp,
    "calculate_value": _formula,
    "format_text": _default_output,
}
