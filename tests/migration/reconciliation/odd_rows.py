"""Legacy rows as hypothesis makes them up: odd ids, odd words in odd places, in every shape."""

import json
from typing import Any

from hypothesis import strategies as st

from atlas_workflows.legacy.records import SourceRow

GYM = "11111111-1111-4111-8111-111111111111"
KEY = "22222222-2222-4222-8222-222222222222"
SHAPES = ("A", "B", "C", "D", "E", "F", "S")

WORDS = (
    "january challenge, personal training", "Greater Than", "Greater  Than Or Equal", "a ", " a", " ", "", "yes", "Is Not Set",
    "Welcome {{ firstName }}, see you at the [organization_name] on Monday", "Tom &amp;amp; Co go to the gym", "=lead.score * 2",
    "{{1}} and {{contact.first_name}} went &lt;b&gt;home&lt;/b&gt; early", "business  days of the\tweek", "1,2,3", "null", "{",
    '{"field": "status of the lead", "operator": "exists"}', "[1, 2, \"three hundred and more\"]", "\u00a0hard space in here",
    "31/12/2026 at half past nine", "Łódź żółć e\u0301 🏋️‍♀️ at the club", "x" * 250, "send_sms", "condition", "0 9 * * 1-5 every week",
    "office@gym.example, front desk@gym.example", "America/New_York", "name; of the, list|here", "true", "not a known word at all",
    "pattern [a-z]+ (with) \\d{3} inside", "line one\nline two\r\nline three", "'quoted' \"twice\" over", "A/B/C with slashes too",
)  # fmt: skip
KINDS = (
    "send_sms", "send_email", "send_whatsapp", "add_tag", "update_lead", "create_task", "wait", "condition", "loop", "switch",
    "filter", "transform", "parallel", "merge", "http_request", "webhook", "assign_lead", "Add/Remove Tags", "split", "goal",
    "nobody knows this", "set_variable", "calculate_value", "note", "end", "sub_workflow", "ai_generate", "ai_decision", "delay",
    "format_text", "validate_data", "google_sheets", "log_activity", "book_appointment", "Greater Than Anything",
)  # fmt: skip
KEYS = (
    "message", "body", "subject", "to", "cc", "tags", "tag", "field", "operator", "value", "values", "conditions", "condition",
    "logic", "logicOperator", "conditionType", "trueBranch", "falseBranch", "then", "else", "steps", "actions", "cases", "default",
    "items", "iterations", "duration", "unit", "delay", "waitType", "specificTime", "businessHours", "url", "headers", "method",
    "payload", "fields", "title", "dueDate", "priority", "assignTo", "templateId", "timezone", "label", "description", "name",
    "source", "target", "error", "loopType", "breakCondition", "branches", "mergeType", "expression", "rules", "prompt", "note",
    "text", "matchType", "minValue", "maxValue", "unit", "cron", "daysOfWeek", "channel", "tracking", "abTestConfig", "disabled",
    "continueOnError", "retryConfig", "mapping", "transformations", "operations", "input", "output", "days", "timeUnit", "mode",
)  # fmt: skip
OPERATORS = (
    "Greater Than",
    "equals",
    "in",
    "has_any",
    "between",
    "contains",
    "has_tag",
    "Days Ago Less Than",
    "within",
    "custom",
)
TRIGGERS = (
    None,
    "",
    "manual",
    "new_lead",
    "webhook",
    "scheduled",
    "Lead Created By Hand",
    "form_submitted",
    "lead_score_threshold",
)

texts = st.sampled_from(WORDS) | st.text(alphabet="ab ,=&;{}[]<>\"'\\1\u00e9\n", max_size=40)
numbers = st.integers(-(10**25), 10**25) | st.sampled_from((0, 7, 123456, 1234567.25, -5, 0.000001234567))
scalars = st.none() | st.booleans() | numbers | texts
ids = (
    st.sampled_from(
        ("a", "a ", " a", " ", "", "b", "n" * 260, "1", 1, 2, 3.5, True, None, "t", "a~2", "node-1")
    )
    | texts
)
leaf = st.fixed_dictionaries(
    {"field": st.sampled_from(("status", "lead.tags", "score", "odd field")), "operator": st.sampled_from(OPERATORS), "value": scalars},
    optional={"description": texts, "label": texts, "minValue": scalars, "maxValue": scalars, "unit": texts, "id": ids},
)  # fmt: skip
values = st.recursive(
    scalars | leaf,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
configs = st.dictionaries(st.sampled_from(KEYS), values, max_size=6)
steps = st.builds(
    lambda kind, config, flat: {"type": kind, **({"config": config} if not flat else config)}, st.sampled_from(KINDS), configs, st.booleans()
)  # fmt: skip
nests = st.builds(lambda config, key, inside: {**config, key: inside}, configs, st.sampled_from(("then", "else", "trueBranch", "body", "steps", "default")), st.lists(steps, max_size=2))  # fmt: skip
datas = st.fixed_dictionaries(
    {},
    optional={"label": texts, "description": texts, "actionType": st.sampled_from(KINDS) | texts, "subtype": texts, "config": configs | nests | values,
              "message": texts, "isValid": st.booleans(), "error": texts},
)  # fmt: skip
nodes = st.fixed_dictionaries(
    {"id": ids, "type": st.sampled_from(("action", "condition", "trigger", "wait", "loop", "switch", "filter", "odd type", *KINDS[:12]))},
    optional={"data": datas | values, "position": values, "label": texts, "config": configs},
)  # fmt: skip
edges = st.fixed_dictionaries(
    {"source": ids, "target": ids},
    optional={"id": ids, "sourceHandle": scalars, "condition": values, "data": st.fixed_dictionaries({}, optional={"branch": scalars, "condition": values})},
)  # fmt: skip


def encoded(value: Any) -> st.SearchStrategy[str | None]:
    """The value as a column's text, now and then encoded once more."""
    return st.sampled_from((json.dumps(value), json.dumps(value), json.dumps(json.dumps(value))))


def columns_of(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[str | None]:
    return strategy.flatmap(encoded)


graph_nodes = columns_of(st.lists(nodes, max_size=5) | st.dictionaries(texts, nodes, max_size=2) | values)
graph_edges = columns_of(st.lists(edges, max_size=6) | values)
graphs = st.fixed_dictionaries({"nodes": st.lists(nodes, max_size=5)}, optional={
    "edges": st.lists(edges, max_size=6), "variables": values, "tags": values, "workflowData": values, "flow": values})  # fmt: skip
ordinary = {
    "name": texts, "description": texts | st.none(), "settings": columns_of(values), "variables": columns_of(values),
    "trigger_type": st.sampled_from(TRIGGERS), "trigger_config": columns_of(configs | values),
}  # fmt: skip


@st.composite
def workflow_rows(draw: st.DrawFn, shape: str | None = None) -> tuple[str, SourceRow]:
    """A shape, and a row of its `workflows`."""
    letter = shape or draw(st.sampled_from(SHAPES))
    columns: dict[str, str | None] = {"id": KEY, "organization_id": GYM}
    columns |= draw(st.fixed_dictionaries({}, optional=ordinary))
    status = draw(st.sampled_from(("draft", "active", "paused", "archived", None)))
    if letter in ("A", "B", "D"):
        columns["status"] = status
    else:
        columns["active" if letter == "C" else "is_active"] = "true" if status == "active" else "false"
    if letter == "A":
        columns |= {"nodes": draw(graph_nodes), "edges": draw(graph_edges)}
    elif letter == "B":
        columns["workflow_data"] = draw(columns_of(graphs | values))
    else:
        columns |= {
            "actions": draw(columns_of(st.lists(steps, max_size=4) | values)),
            "conditions": draw(columns_of(values)),
        }
    columns.setdefault("name", "Welcome")
    return letter, SourceRow("workflows", KEY, columns)
