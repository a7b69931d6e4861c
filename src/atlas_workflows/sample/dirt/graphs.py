"""Sections 9.5 and 9.6: edges and nodes that do not make a graph."""

import copy
from typing import Any

from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.recipe import Step, action
from atlas_workflows.sample.specimen import GREETING, Change, CoverageClass, Specimen, recipe

_STEPS = (GREETING, action("add_tag", "Tag", tag="greeted"), action("add_note", "Note", note="Greeted"))


def _duplicate_edge(draft: Draft, _: Dice) -> None:
    draft.edges.append({**draft.edges[0], "id": "e-again"})


def _self_loop(draft: Draft, _: Dice) -> None:
    draft.edges.append({"id": "e-self", "source": draft.nodes[1]["id"], "target": draft.nodes[1]["id"]})


def _dangling(draft: Draft, dice: Dice) -> None:
    draft.edges.append({"id": "e-nowhere", "source": draft.nodes[1]["id"], "target": dice.uuid()})
    draft.edges.append({"id": "e-from-nowhere", "source": dice.uuid(), "target": draft.nodes[2]["id"]})


def _cycle(draft: Draft, _: Dice) -> None:
    draft.edges.append({"id": "e-back", "source": draft.nodes[-1]["id"], "target": draft.nodes[1]["id"]})


def _into_trigger(draft: Draft, _: Dice) -> None:
    draft.edges.append({"id": "e-trigger", "source": draft.nodes[-1]["id"], "target": draft.nodes[0]["id"]})


def _edge_without_id(draft: Draft, _: Dice) -> None:
    del draft.edges[0]["id"]
    draft.edges[1]["id"] = None


def _same_edge_ids(draft: Draft, _: Dice) -> None:
    for edge in draft.edges:
        edge["id"] = "e1"


def _same_node_ids(draft: Draft, _: Dice) -> None:
    twin = copy.deepcopy(draft.nodes[1])
    twin["data"]["label"] = "Pasted copy"
    draft.nodes.append(twin)


def _null_node_id(draft: Draft, _: Dice) -> None:
    draft.nodes[2]["id"] = None


def _without(key: str) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        del draft.nodes[1][key]

    return change


def _positions(draft: Draft, _: Dice) -> None:
    places: list[Any] = [{"x": "NaN", "y": "12"}, {"x": None, "y": None}, {"x": -40, "y": -7.5}, None]
    for node, place in zip(draft.nodes, places, strict=False):
        node["position"] = place


def _config(value: Any) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        draft.nodes[2]["data"]["config"] = value

    return change


def _no_config(draft: Draft, _: Dice) -> None:
    del draft.nodes[2]["data"]["config"]


def _island(draft: Draft, dice: Dice) -> None:
    draft.nodes.append({**copy.deepcopy(draft.nodes[2]), "id": dice.uuid()})


def _named_ids(draft: Draft, dice: Dice) -> None:
    names = ("trigger_1", dice.short_id(), "node-1711965720123", "welcome-email")
    renamed = {node["id"]: name for node, name in zip(draft.nodes, names, strict=True)}
    for node in draft.nodes:
        node["id"] = renamed[node["id"]]
    for edge in draft.edges:
        edge["source"], edge["target"] = renamed[edge["source"]], renamed[edge["target"]]


def _residue(draft: Draft, _: Dice) -> None:
    for node in draft.nodes:
        node |= {"width": 220, "height": 64, "selected": False, "dragging": False}
        node["positionAbsolute"] = dict(node["position"])
    for edge in draft.edges:
        edge |= {
            "type": "smoothstep",
            "animated": True,
            "style": {"stroke": "#888"},
            "markerEnd": {"type": "arrow"},
        }


# code -> (change, SQL condition with {nodes} and {edges} in place of the documents)
_ODD: dict[str, tuple[Change, str]] = {
    "9.5:edges_duplicate": (_duplicate_edge, "{edges} -> 0 ->> 'source' = {edges} -> -1 ->> 'source'"),
    "9.5:edge_self_loop": (_self_loop, "{edges} -> -1 ->> 'source' = {edges} -> -1 ->> 'target'"),
    "9.5:edge_dangling": (
        _dangling,
        "NOT {nodes} @> jsonb_build_array(jsonb_build_object('id', {edges} -> -1 ->> 'source'))",
    ),
    "9.5:cycle": (_cycle, "{edges} -> -1 ->> 'target' = {nodes} -> 1 ->> 'id'"),
    "9.5:edge_into_trigger": (_into_trigger, "{edges} -> -1 ->> 'target' = {nodes} -> 0 ->> 'id'"),
    "9.5:edge_without_id": (_edge_without_id, "NOT {edges} -> 0 ? 'id' AND {edges} -> 1 -> 'id' = 'null'"),
    "9.5:edge_ids_duplicate": (_same_edge_ids, "{edges} -> 0 ->> 'id' = {edges} -> 1 ->> 'id'"),
    "9.6:node_ids_duplicate": (_same_node_ids, "{nodes} -> 1 ->> 'id' = {nodes} -> -1 ->> 'id'"),
    "9.6:node_id_null": (_null_node_id, "{nodes} -> 2 -> 'id' = 'null'"),
    "9.6:data_missing": (_without("data"), "NOT {nodes} -> 1 ? 'data'"),
    "9.6:position_missing": (_without("position"), "NOT {nodes} -> 1 ? 'position'"),
    "9.6:position_odd": (_positions, "{nodes} #>> '{{0,position,x}}' = 'NaN'"),
    "9.6:config_missing": (_no_config, "NOT {nodes} #> '{{2,data}}' ? 'config'"),
    "9.6:config_array": (
        _config(["tag", "greeted"]),
        "jsonb_typeof({nodes} #> '{{2,data,config}}') = 'array'",
    ),
    "9.6:config_string": (
        _config('{"tag":"greeted"}'),
        "jsonb_typeof({nodes} #> '{{2,data,config}}') = 'string'",
    ),
    "9.6:node_unreachable": (_island, "jsonb_array_length({nodes}) = jsonb_array_length({edges}) + 2"),
    "8.1:named_ids": (_named_ids, "{nodes} -> 0 ->> 'id' = 'trigger_1'"),
    "8.1:drawing_residue": (_residue, "{nodes} -> 0 ? 'positionAbsolute'"),
}


def _steps(code: str) -> tuple[Step, ...]:
    return (*_STEPS, Step("action", "add_note", "End", {"note": "Done"})) if code == "9.5:cycle" else _STEPS


SPECIMENS = tuple(
    Specimen(
        (code,), recipe(f"Drawn badly: {code.partition(':')[2].replace('_', ' ')}", _steps(code)), change
    )
    for code, (change, _) in _ODD.items()
)
CLASSES = tuple(
    CoverageClass(
        code,
        where=where.format(nodes="nodes", edges="edges"),
        where_b=where.format(nodes="(workflow_data -> 'nodes')", edges="(workflow_data -> 'edges')"),
    )
    for code, (_, where) in _ODD.items()
)
