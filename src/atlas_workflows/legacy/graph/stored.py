"""Nodes and edges as the old builders stored them, brought into one form: both generations, all their dirt."""

import math
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from typing import Any

from atlas_workflows.graph.model import Position
from atlas_workflows.legacy.aliases import DRAWING_KEYS, TRIGGER_NODES
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.raw import Entry
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.source.documents import unwrap
from atlas_workflows.names import normal

_DATA_FACTS = frozenset(
    {
        "label",
        "icon",
        "description",
        "actionType",
        "action_type",
        "subtype",
        "config",
        "isValid",
        "inputs",
        "outputs",
        "error",
        "nodeType",
    }
)
_OTHER_FACTS = frozenset({"subtype", "description"})
_NODE_FACTS = DRAWING_KEYS | {"config"}
_CLAMP = 10_000
_FURTHEST = 10_000_000.0  # pixels; beyond it nobody drew anything
_MAX_ID = 190  # some room for the marks that duplicates get


@dataclass(slots=True)
class LegacyNode:
    """One node. `settings` merges flat data and config (config wins); `flat` means the first generation (n1).

    `spare` holds what no other field took and must end in parameters.extra.
    """

    path: str
    id: str
    type: str
    label: str = ""
    action: str = ""
    subtype: str = ""
    notes: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    spare: dict[str, Any] = field(default_factory=dict)
    flat: bool = False
    engine: str | None = None  # a name of legacy.conditions.engines
    position: Position | None = None
    original: dict[str, Any] = field(default_factory=dict)
    settings_path: str = ""
    is_trigger: bool = False
    unfolded: list[Any] = field(default_factory=list)  # settings that are nodes of their own now


def legacy_nodes(found: list[Entry], findings: Findings) -> list[LegacyNode]:
    """Every entry as a node with an id of its own; ids are assigned by place, never by chance."""
    ids = [id_text(entry.get("id")) for _, entry in found]
    taken = set(ids) - {""}
    used: set[str] = set()
    nodes = []
    for at, (path, entry) in enumerate(found):
        node = graph_node(path, ids[at], entry, findings)
        if not node.id:
            node.id = _free(f"node-{at + 1}", taken)
            findings.reason(ReasonCode.NODE_ID_MISSING, path, f"The node had no id and is now {node.id}.")
        elif node.id in used:
            first, node.id = node.id, _free(f"{node.id}~2", taken)
            findings.reason(
                ReasonCode.NODE_ID_DUPLICATE,
                path,
                f"A second {first} is now {node.id}; edges stay with the first.",
            )
        if len(ids[at]) > _MAX_ID - 30 and ids[at] != str(entry.get("id")):
            findings.reason(ReasonCode.NODE_ID_SHORTENED, path, f"The node is now {node.id}.")
        taken.add(node.id)
        used.add(node.id)
        nodes.append(node)
    return nodes


def _free(wanted: str, taken: set[str]) -> str:
    stem, count = wanted.removesuffix("~2"), 2
    while wanted in taken:
        wanted, count = f"{stem}~{count}", count + 1
    return wanted


def id_text(value: Any) -> str:
    """An id as text, "" for none; blanks belong to it. One too long for a workflow is cut, with a hash that keeps it apart."""
    if type(value) is not str:
        return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else ""
    return (
        value
        if len(value) <= _MAX_ID
        else f"{value[:150]}~{sha256(value.encode('utf-8', 'replace')).hexdigest()[:12]}"
    )


def _text(*values: Any) -> str:
    for value in values:
        if type(value) is str and value.strip():
            return value
    return ""


def graph_node(path: str, id_: str, entry: dict[str, Any], findings: Findings) -> LegacyNode:
    """One entry of a builder's list of nodes, with this id."""
    data = entry.get("data")
    texts: list[str] = []  # where settings stood as JSON inside a text, and mean something
    if type(data) is not dict:
        data = _repaired_data(data, path, texts, findings)
    config = data.get("config")
    spare: dict[str, Any] = {}
    if config is not None and type(config) is not dict:
        config = _repaired_config(config, f"{path}.data.config", spare, texts, findings)
    config = config or {}
    flat_settings = _flat_settings(entry, data)
    action = data.get("actionType")
    if type(action) is not str or not action.strip():
        action = _text(data.get("action_type"), config.get("actionType"), entry.get("actionType"))
    if flat_settings:
        differing = (key for key in flat_settings if key in config and flat_settings[key] != config[key])
        spare.update((f"data.{key}", flat_settings[key]) for key in differing)
    type_ = entry.get("type")
    if type(type_) is not str or not type_.strip():
        type_ = _text(data.get("nodeType"))
    type_ = normal(type_)
    label = data.get("label")
    is_flat = not config and not action
    node = LegacyNode(
        path=path,
        id=id_,
        type=type_,
        label=label if type(label) is str and label else _text(config.get("label"), entry.get("label")),
        action=action,
        subtype=_text(config.get("subtype"), data.get("subtype")),
        settings={**flat_settings, **config} if flat_settings else dict(config),
        spare=spare,
        flat=is_flat,
        engine="label" if is_flat else "builder",
        position=position(entry.get("position"), path, findings),
        original=entry,
        settings_path=f"{path}.data.config" if config else f"{path}.data",
        is_trigger=type_ in TRIGGER_NODES,
    )
    if texts and not node.is_trigger:  # what stands in a trigger node nobody read anyhow
        _note_texts(texts, findings)
    if not _OTHER_FACTS.isdisjoint(data) or node.label != label:
        node.notes = _text(data.get("description"))
        _spare_facts(data, node, spare)
    return node


def _spare_facts(data: dict[str, Any], node: LegacyNode, spare: dict[str, Any]) -> None:
    """What stands where a label, a subtype or a description belongs, and is none, or not the one used."""
    for key, used in (("subtype", node.subtype), ("description", node.notes), ("label", node.label)):
        value = data.get(key)
        if value is not None and value != used and value != "":
            spare[f"data.{key}"] = value


def _flat_settings(entry: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
    """Settings beside config: those of the first generation, and what stands on the node itself."""
    if data.keys() <= _DATA_FACTS and entry.keys() <= _NODE_FACTS:
        return {}
    own, outer = data.keys() - _DATA_FACTS, entry.keys() - _NODE_FACTS
    settings = {key: data[key] for key in data if key in own} if own else {}
    if outer:
        settings.update((key, entry[key]) for key in entry if key in outer)
    return settings


def _note_texts(texts: list[str], findings: Findings) -> None:
    for path in texts:
        findings.change(
            ReasonCode.SETTINGS_WERE_TEXT, path,
            "JSON inside a text is no object: the old engines found no settings there, now they are read.",
            before="no settings", after="as they are written",
        )  # fmt: skip


def _repaired_data(data: Any, path: str, texts: list[str], findings: Findings) -> dict[str, Any]:
    decoded = unwrap(data, f"{path}.data", findings) if type(data) is str else data
    if isinstance(decoded, dict):
        if decoded:
            texts.append(f"{path}.data")
        return decoded
    findings.reason(ReasonCode.NODE_DATA_MISSING, f"{path}.data", "The node carries no data object.")
    return {} if decoded is None else {"data": decoded}


def _repaired_config(
    config: Any, path: str, spare: dict[str, Any], texts: list[str], findings: Findings
) -> dict[str, Any]:
    decoded = unwrap(config, path, findings) if type(config) is str else config
    if isinstance(decoded, dict):
        if decoded:
            texts.append(path)
        return decoded
    if decoded not in ("", [], None):
        spare["config"] = decoded
    findings.reason(ReasonCode.NODE_CONFIG_MALFORMED, path, "The config is no object.")
    return {}


def position(value: Any, path: str, findings: Findings) -> Position | None:
    """Where the node is drawn; None where that cannot be told, so that the builder lays it out."""
    if type(value) is dict:
        x, y = _coordinate(value.get("x")), _coordinate(value.get("y"))
        if x is not None and y is not None:
            if x == _CLAMP or y == _CLAMP:
                findings.reason(
                    ReasonCode.POSITION_CLAMPED, f"{path}.position", "A coordinate is exactly 10000."
                )
            return Position(x, y)
    findings.reason(ReasonCode.POSITION_UNUSABLE, f"{path}.position", "No usable x and y.")
    return None


def _coordinate(value: Any) -> float | None:
    if type(value) is int and -_FURTHEST <= value <= _FURTHEST:
        return float(value)
    if isinstance(value, str):
        try:
            value = Decimal(value.strip())
        except ArithmeticError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and abs(number) <= _FURTHEST else None
