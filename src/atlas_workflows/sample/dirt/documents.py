"""Section 9.1: the graph's documents stored as something else than arrays."""

from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import ABSENT, Draft
from atlas_workflows.sample.shape_b import variable_array
from atlas_workflows.sample.spec import Shape
from atlas_workflows.sample.specimen import Change, CoverageClass, Specimen, recipe

A, B = frozenset({Shape.A}), frozenset({Shape.B})
BOTH = A | B


def _put(part: str, value: Any) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        setattr(draft, part, value)

    return change


def _encode(part: str) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        setattr(draft, part, exact_json.dumps_text(getattr(draft, part)))

    return change


def _key_by_id(part: str) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        setattr(draft, part, {item["id"]: item for item in getattr(draft, part)})

    return change


def _with_nulls(part: str) -> Change:
    def change(draft: Draft, _: Dice) -> None:
        items = getattr(draft, part)
        setattr(draft, part, [None, *items, None])

    return change


def _document(draft: Draft) -> dict[str, Any]:
    return {"nodes": draft.nodes, "edges": draft.edges, "variables": variable_array(draft.variables)}


def _wrap(draft: Draft, _: Dice) -> None:
    draft.workflow_data = {"workflowData": _document(draft)}


def _wrap_as_string(draft: Draft, _: Dice) -> None:
    draft.workflow_data = exact_json.dumps_text(_document(draft))


def _steps_array(draft: Draft, _: Dice) -> None:
    draft.workflow_data = [
        {"type": step.action, "config": step.config} for step in draft.recipe.steps if step.action is not None
    ]


def _variables_as_rows(draft: Draft, _: Dice) -> None:
    draft.variables = {str(number): row for number, row in enumerate(variable_array(draft.variables))}


def _class(
    code: str, where: str, where_b: str | None = None, shapes: frozenset[Shape] = BOTH
) -> CoverageClass:
    return CoverageClass(f"9.1:{code}", where=where, where_b=where_b, shapes=shapes)


def _specimen(code: str, change: Change, shapes: frozenset[Shape] = BOTH) -> Specimen:
    variables = {"gym_name": "%GYM%", "discount": 20}
    return Specimen((f"9.1:{code}",), recipe(f"Stored badly: {code}", variables=variables), change, shapes)


_PARTS = ("nodes", "edges", "variables")
SPECIMENS = (
    *(_specimen(f"{part}_sql_null", _put(part, ABSENT), A) for part in _PARTS),
    *(_specimen(f"{part}_json_null", _put(part, None)) for part in _PARTS),
    *(_specimen(f"{part}_string_empty", _put(part, "[]")) for part in _PARTS),
    *(_specimen(f"{part}_double_encoded", _encode(part)) for part in _PARTS),
    _specimen("nodes_keyed_by_id", _key_by_id("nodes")),
    _specimen("edges_keyed_by_id", _key_by_id("edges")),
    _specimen("nodes_with_nulls", _with_nulls("nodes")),
    _specimen("edges_with_nulls", _with_nulls("edges")),
    _specimen("variables_array_as_object", _variables_as_rows, A),
    _specimen("variables_empty_array", _put("variables", []), A),
    _specimen("edges_missing", _put("edges", ABSENT), B),
    _specimen("workflow_data_steps_array", _steps_array, B),
    _specimen("workflow_data_wrapped", _wrap, B),
    _specimen("workflow_data_string", _wrap_as_string, B),
)
CLASSES = (
    *(_class(f"{part}_sql_null", f"{part} IS NULL", shapes=A) for part in _PARTS),
    *(_class(f"{p}_json_null", f"{p} = 'null'", f"workflow_data -> '{p}' = 'null'") for p in _PARTS),
    *(_class(f"{p}_string_empty", f"{p} = '\"[]\"'", f"workflow_data -> '{p}' = '\"[]\"'") for p in _PARTS),
    *(
        _class(
            f"{p}_double_encoded",
            f"jsonb_typeof({p}) = 'string' AND {p} #>> '{{}}' <> '[]'",
            f"jsonb_typeof(workflow_data -> '{p}') = 'string' AND workflow_data ->> '{p}' <> '[]'",
        )
        for p in _PARTS
    ),
    *(
        _class(
            f"{p}_keyed_by_id",
            f"jsonb_typeof({p}) = 'object'",
            f"jsonb_typeof(workflow_data -> '{p}') = 'object'",
        )
        for p in ("nodes", "edges")
    ),
    *(
        _class(f"{p}_with_nulls", f"{p} -> 0 = 'null'", f"workflow_data -> '{p}' -> 0 = 'null'")
        for p in ("nodes", "edges")
    ),
    _class("variables_array_as_object", "variables ? '0'", shapes=A),
    _class("variables_empty_array", "variables = '[]'", shapes=A),
    _class("edges_missing", "NOT workflow_data ? 'edges'", shapes=B),
    _class("workflow_data_steps_array", "jsonb_typeof(workflow_data) = 'array'", shapes=B),
    _class("workflow_data_wrapped", "workflow_data ? 'workflowData'", shapes=B),
    _class("workflow_data_string", "jsonb_typeof(workflow_data) = 'string'", shapes=B),
)
