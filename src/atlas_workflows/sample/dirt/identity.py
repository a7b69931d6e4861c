"""Sections 9.2, 9.3 and 9.4: a trigger's identity is missing, contradictory, doubled or misshapen."""

import copy
from typing import Any

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import ABSENT, Draft
from atlas_workflows.sample.spec import Shape
from atlas_workflows.sample.specimen import Change, CoverageClass, Specimen, recipe

A, B = frozenset({Shape.A}), frozenset({Shape.B})
BOTH = A | B
_TRIGGERS = "(SELECT count(*) FROM jsonb_array_elements({}) AS n WHERE n ->> 'type' = 'trigger')"


def _only_in_node(column: str | None) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.trigger_type, draft.trigger_config = column, {}

    return change


def _disagree(draft: Draft, _: Dice) -> None:
    draft.trigger_type = "form_submitted"


def _subtype_differs(draft: Draft, _: Dice) -> None:
    draft.nodes[0]["data"]["config"]["subtype"] = "website_form"
    draft.trigger_type = "manual"


def _second_trigger(draft: Draft, dice: Dice) -> None:
    second = copy.deepcopy(draft.nodes[0])
    second["id"] = dice.uuid()
    second["data"]["actionType"] = second["data"]["config"]["subtype"] = "website_form"
    draft.nodes.append(second)
    draft.edges.append({"id": "e-second", "source": second["id"], "target": draft.nodes[1]["id"]})


def _no_trigger_node(draft: Draft, _: Dice) -> None:
    gone = draft.nodes.pop(0)["id"]
    draft.edges = [edge for edge in draft.edges if edge["source"] != gone]


def _empty_but_valid(draft: Draft, _: Dice) -> None:
    draft.nodes[0]["data"] = {"label": "Trigger", "config": {}, "isValid": True}
    draft.trigger_config = {}


def _config(value: Any) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.trigger_config = value

    return change


def _twin_trigger_rows(draft: Draft, _: Dice) -> None:
    draft.trigger_rows = [
        {"trigger_type": "new_lead", "trigger_config": {"source": "all"}},
        {"trigger_type": "lead_created", "trigger_config": {}},
    ]


def _odd_trigger_rows(draft: Draft, _: Dice) -> None:
    draft.trigger_rows = [
        {"trigger_type": "form_submitted", "trigger_config": '{"formId":"all"}'},
        {"trigger_type": "webhook", "trigger_config": []},
    ]


def _trigger_row_disagrees(draft: Draft, _: Dice) -> None:
    draft.trigger_rows = [{"trigger_type": "payment_failed", "trigger_config": {"attempts": 1}}]


def _specimen(code: str, change: Change, shapes: frozenset[Shape] = BOTH) -> Specimen:
    title = f"Who starts me: {code.partition(':')[2].replace('_', ' ')}"
    return Specimen((code,), recipe(title, trigger="lead_created"), change, shapes)


SPECIMENS = (
    _specimen("9.2:only_in_node_null", _only_in_node(None), A),
    _specimen("9.2:only_in_node_manual", _only_in_node("manual")),
    _specimen("9.3:column_and_node_disagree", _disagree),
    _specimen("9.3:subtype_differs", _subtype_differs),
    _specimen("9.3:several_trigger_nodes", _second_trigger),
    _specimen("9.3:no_trigger_node", _no_trigger_node),
    _specimen("9.3:valid_flag_empty_config", _empty_but_valid),
    _specimen("9.4:twin_trigger_rows", _twin_trigger_rows, B),
    _specimen("9.4:trigger_rows_misshapen", _odd_trigger_rows, B),
    _specimen("9.4:trigger_row_disagrees", _trigger_row_disagrees, B),
    _specimen("9.4:config_string", _config('{"source": "all"}')),
    _specimen("9.4:config_array", _config(["all"])),
    _specimen("9.4:config_json_null", _config(None)),
    _specimen("9.4:config_sql_null", _config(ABSENT)),
)


def _class(
    code: str, where: str, where_b: str | None = None, shapes: frozenset[Shape] = BOTH
) -> CoverageClass:
    return CoverageClass(code, where=where, where_b=where_b, shapes=shapes)


_NODE = "nodes -> 0 -> 'data'"
_NODE_B = "workflow_data -> 'nodes' -> 0 -> 'data'"
_IN_A, _IN_B = _TRIGGERS.format("nodes"), _TRIGGERS.format("workflow_data -> 'nodes'")
_ROWS = "(SELECT count(*) FROM public.workflow_triggers AS t WHERE t.workflow_id = workflows.id AND {})"
CLASSES = (
    _class("9.2:only_in_node_null", f"trigger_type IS NULL AND {_NODE} ->> 'actionType' <> ''", shapes=A),
    _class(
        "9.2:only_in_node_manual",
        f"trigger_type = 'manual' AND {_NODE} ->> 'actionType' <> ''",
        f"trigger_type = 'manual' AND {_NODE_B} ->> 'actionType' <> ''",
    ),
    _class(
        "9.3:column_and_node_disagree",
        f"trigger_type <> {_NODE} ->> 'actionType'",
        f"trigger_type <> {_NODE_B} ->> 'actionType'",
    ),
    _class(
        "9.3:subtype_differs",
        f"{_NODE} ->> 'actionType' <> {_NODE} #>> '{{config,subtype}}'",
        f"{_NODE_B} ->> 'actionType' <> {_NODE_B} #>> '{{config,subtype}}'",
    ),
    _class("9.3:several_trigger_nodes", f"{_IN_A} > 1", f"{_IN_B} > 1"),
    _class("9.3:no_trigger_node", f"{_IN_A} = 0", f"{_IN_B} = 0"),
    _class("9.3:valid_flag_empty_config", f"{_NODE} -> 'config' = '{{}}'", f"{_NODE_B} -> 'config' = '{{}}'"),
    _class(
        "9.4:twin_trigger_rows",
        _ROWS.format("t.trigger_type IN ('new_lead', 'lead_created')") + " = 2",
        shapes=B,
    ),
    _class(
        "9.4:trigger_rows_misshapen",
        _ROWS.format("jsonb_typeof(t.trigger_config) <> 'object'") + " = 2",
        shapes=B,
    ),
    _class(
        "9.4:trigger_row_disagrees",
        _ROWS.format("t.trigger_type <> workflows.trigger_type") + " = 1",
        shapes=B,
    ),
    _class("9.4:config_string", "jsonb_typeof(trigger_config) = 'string'"),
    _class("9.4:config_array", "jsonb_typeof(trigger_config) = 'array'"),
    _class("9.4:config_json_null", "jsonb_typeof(trigger_config) = 'null'"),
    _class("9.4:config_sql_null", "trigger_config IS NULL"),
)
