"""Legacy switches and weighted splits: cases become ports that keep the names edges already use."""

from collections.abc import Sequence
from typing import Any

from atlas_workflows.legacy.actions.drawer import UNFIT, Drawer, number, plain_number, translated
from atlas_workflows.legacy.actions.parameters import condition_of
from atlas_workflows.legacy.graph.stored import LegacyNode

_VALUE = (
    "switchValue",
    "switch_value",
    "expression",
    "field",
    "variable",
    "value",
    "switchOn",
    "switchField",
)
_KINDS = {
    "exact": "exact", "equals": "exact", "value": "exact", "pattern": "pattern", "regex": "pattern", "range": "range",
    "between": "range", "condition": "condition",
}  # fmt: skip


def switch_parameters(node: LegacyNode, drawer: Drawer, handles: Sequence[str]) -> dict[str, Any]:  # noqa: ARG001
    """Cases in their order; a case's port is the first of its name, label, id, value that an edge leaves by."""
    parameters: dict[str, Any] = {}
    value = drawer.take(*_VALUE)
    if isinstance(value, str) and value:
        # A bare path meant the value found there; our `value` is a template.
        written = value if "{{" in value else f"{{{{{value}}}}}"
        parameters["value"] = translated(written, drawer)
    elif value is not None:
        drawer.left["switchValue"] = value
    raw = drawer.take("cases", "switchCases", "branches")
    cases = _case_list(raw)
    if cases is None:
        drawer.left["cases"] = raw
        return parameters
    parameters["cases"] = _cases(cases, drawer, frozenset(handles))
    default = drawer.take("defaultCase", "default_case", "defaultPort", "default")
    if isinstance(default, str) and default:
        parameters["default_port"] = default[:100]
    elif default is not None and default is not True:
        drawer.left["defaultCase"] = default
    return parameters


def _case_list(raw: Any) -> list[Any] | None:
    if isinstance(raw, dict):
        return [
            {"name": key, "value": value} if not isinstance(value, dict) else {"name": key, **value}
            for key, value in raw.items()
        ]
    return raw if isinstance(raw, list) else None


def _cases(raw: list[Any], drawer: Drawer, handles: frozenset[str]) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = []
    ports: set[str] = set()
    for at, item in enumerate(raw):
        if item is None:
            continue
        case = item if isinstance(item, dict) else {"value": item}
        port = _port(case, handles, at)
        while port in ports:
            port = f"{port[:90]}~{at}"
        ports.add(port)
        cases.append(_case(case, port, drawer, at))
    return cases


def _port(case: dict[str, Any], handles: frozenset[str], at: int) -> str:
    names = [
        str(case[key])
        for key in ("handle", "port", "id", "name", "label", "value", "case")
        if case.get(key) not in (None, "")
    ]
    drawn = [name for name in names if name in handles]
    names = [
        case[key]
        for key in ("name", "label", "port", "id", "value", "case")
        if isinstance(case.get(key), str | int)
    ]
    return (drawn or [str(name) for name in names if name != ""] or [f"case-{at}"])[0][:100]


def _case(case: dict[str, Any], port: str, drawer: Drawer, at: int) -> dict[str, Any]:
    rest = {
        key: value
        for key, value in case.items()
        if value not in (None, "")
        and not (key in ("name", "label", "id", "port", "handle", "case") and str(value) == port)
    }
    kind = _KINDS.get(str(rest.pop("matchType", rest.pop("type", rest.pop("operator", "")))).lower())
    if kind is None:
        kind = (
            "range"
            if {"min", "max"} & rest.keys()
            else "pattern"
            if "pattern" in rest
            else "condition"
            if "condition" in rest
            else "exact"
        )
    found: dict[str, Any] = {"port": port, "kind": kind}
    if kind == "condition":
        condition = condition_of(rest.pop("condition", rest), drawer, f"cases[{at}]", None)
        if condition is not None:
            found["condition"] = condition
    elif kind == "range":
        _bounds(found, rest, drawer)
    elif kind == "pattern":
        found["pattern"] = str(rest.pop("pattern", rest.pop("value", "")))
    else:
        found["value"] = rest.pop("value", rest.pop("case", port))
    if rest and kind != "condition":
        found["extra"] = rest
    return found


def _bounds(found: dict[str, Any], rest: dict[str, Any], drawer: Drawer) -> None:
    value = rest.get("value")
    if isinstance(value, list) and len(value) == 2:
        rest.pop("value")
        rest["min"], rest["max"] = value
    for bound in ("min", "max"):
        fitted = number(rest[bound], drawer) if bound in rest else UNFIT
        if fitted is not UNFIT:
            found[bound] = fitted
            del rest[bound]


def split_parameters(drawer: Drawer) -> dict[str, Any] | None:
    """Weighted branches; None where there are none to be read."""
    raw = drawer.left.get("branches", drawer.left.get("variants"))
    branches = []
    for at, item in enumerate(raw if isinstance(raw, list) else []):
        if not isinstance(item, dict):
            return None
        weight = plain_number(item.get("weight", item.get("percentage")), drawer)
        if weight is UNFIT or weight < 0:
            return None
        branch = {"port": str(item.get("name") or item.get("id") or f"branch-{at}")[:100], "weight": weight}
        rest = {
            key: value
            for key, value in item.items()
            if key not in ("weight", "percentage") and value != branch["port"]
        }
        branches.append({**branch, "extra": rest} if rest else branch)
    if not branches:
        return None
    drawer.left.pop("branches" if "branches" in drawer.left else "variants")
    return {"branches": branches}
