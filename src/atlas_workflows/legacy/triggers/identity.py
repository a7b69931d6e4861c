"""What starts a legacy workflow: registered rows, trigger nodes, columns and config brought to one verdict.

Precedence: the column where a door of the old application knew its word, for then nothing else was ever read; a
registered trigger row; the trigger node where the column is empty, `manual` or not configured; the column;
trigger_config.trigger_type. Whoever loses is reported.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from uuid import UUID

from atlas_workflows.legacy.aliases import IDENTITY_KEYS, TRIGGERS, trigger_type
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.stored import LegacyNode
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import LegacyWorkflow, Row
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.legacy.triggers.doors import UNSET, Barrier, barrier_of, door_of, read_by_door
from atlas_workflows.names import normal

_EMPTY = frozenset({"[]", "null", '""', '"[]"', '"null"', '"{}"', ""})


@dataclass(slots=True)
class Slot:
    """One trigger of the workflow, before its parameters are translated. `barrier`: why nothing started it."""

    type: str
    config: dict[str, Any]
    path: str
    node: LegacyNode | None = None
    row: Row | None = None
    webhook: Row | None = None
    schedule: Row | None = None
    spare: dict[str, Any] = field(default_factory=dict)
    barrier: Barrier | None = None

    @property
    def canonical(self) -> str:
        return canonical(self.type)

    @property
    def is_switched_off(self) -> bool:
        """Whether a row of its own says so."""
        rows = (self.row, self.schedule, self.webhook)
        return any(row is not None and row.get("is_active") == "false" for row in rows)

    @property
    def has_fired(self) -> bool:
        """Whether a row of its own says when it fired."""
        rows = (self.row or {}, self.schedule or {})
        return bool(rows[0].get("last_triggered_at") or rows[1].get("last_run_at"))


def canonical(type_: str) -> str:
    """The canonical type, or the spelling itself where it is unknown, so that unknown ones can be compared too."""
    return _short_canonical(type_) if len(type_) <= _LONGEST else _canonical(type_)


def _canonical(type_: str) -> str:
    spelled = normal(type_)
    known = TRIGGERS.get(spelled)
    return known[0] if known else spelled


_LONGEST = 80  # longer ones are customers' texts, which no cache should keep
_short_canonical = lru_cache(maxsize=1024)(_canonical)


def find_slots(
    record: LegacyWorkflow, nodes: list[LegacyNode], findings: Findings, *, is_drawn: bool = True
) -> list[Slot]:
    """The workflow's triggers in a stable order: those of nodes as drawn, then those only rows know of.

    `is_drawn` False: the graph has nodes, and none of them is a trigger.
    """
    column = _column_slot(record, findings)
    # A delivery found its workflow by the column's webhook_id, which JSON inside a text does not have.
    is_text = _is_text(record.columns.get("trigger_config"))
    config = {} if column is None or is_text else dict(column.config)
    rows = _row_slots(record, findings)
    told = record.columns.get("trigger_type")
    if column is not None and column.type == told and door_of(told) is not None:
        slots = _behind_door(column, nodes, rows, findings)
        if is_text:
            _note_text(column, findings)
    elif rows:
        slots = _with_rows(nodes, rows, column, findings)
    elif nodes:
        slots = _drawn(nodes, column, findings)
    else:
        slots = [column] if column is not None else []
    _attach_schedules(record, slots, findings)
    _attach_webhooks(record, slots, findings)
    for slot in slots:
        slot.barrier = slot.barrier or barrier_of(
            slot.canonical, record.columns, config, is_drawn=is_drawn, is_scoring=record.shape == "S"
        )
    if len(slots) > 1:
        findings.reason(ReasonCode.SEVERAL_TRIGGERS, None, f"{len(slots)} triggers start this workflow.")
    return slots


def _is_text(stored: str | None) -> bool:
    return stored is not None and stored.lstrip().startswith('"')


def _note_text(column: Slot, findings: Findings) -> None:
    read, _ = read_by_door(column.type, column.config)
    if any(value not in (None, "", [], {}, "all") for value in read.values()):
        findings.change(
            ReasonCode.SETTINGS_WERE_TEXT, column.path,
            "JSON inside a text is no object: the old application found no filter there and let every event pass.",
            before="every event", after="events that the filter lets through",
        )  # fmt: skip


def _column_slot(record: LegacyWorkflow, findings: Findings) -> Slot | None:
    name = (
        "trigger_conditions"
        if "trigger_conditions" in record.columns and "trigger_config" not in record.columns
        else "trigger_config"
    )
    spare: dict[str, Any] = {}
    config = _config(decode(record.columns, name, findings), name, spare, findings)
    note_empty(record.columns, name, name, findings)
    told = (record.columns.get("trigger_type") or "").strip()
    inner = config.get("trigger_type", config.get("triggerType"))
    if isinstance(inner, str) and inner.strip():
        if normal(told) in UNSET or record.shape == "S":
            told = inner.strip()
        if canonical(told) == canonical(inner):
            config = {
                key: value for key, value in config.items() if key not in ("trigger_type", "triggerType")
            }
    if not told and not config and not spare:
        return None
    return Slot(told, config, name, spare=spare)


def _config(value: Any, path: str, spare: dict[str, Any], findings: Findings) -> dict[str, Any]:
    if type(value) is dict:
        return value
    if value not in (None, "", []):
        findings.reason(
            ReasonCode.TRIGGER_CONFIG_MALFORMED, path, "The configuration is no object; it is kept in extra."
        )
        spare[path] = value
    return {}


def note_empty(row: Row, name: str, path: str, findings: Findings) -> None:
    """An empty configuration of another form than {}: nothing is lost, and it is said. SQL NULL means none was stored."""
    told = row.get(name)
    if told is not None and told.strip() in _EMPTY:
        findings.reason(
            ReasonCode.TRIGGER_CONFIG_EMPTY, path, f"It holds {told.strip()[:20] or 'an empty text'}."
        )
    elif told is None and name in row and normal(row.get("trigger_type") or "") not in UNSET:
        findings.reason(ReasonCode.TRIGGER_CONFIG_EMPTY, path, "It is NULL although the trigger has a type.")


def _row_slots(record: LegacyWorkflow, findings: Findings) -> list[Slot]:
    slots: list[Slot] = []
    for at, row in enumerate(record.trigger_rows):
        path = f"workflow_triggers[{at}].trigger_config"
        spare: dict[str, Any] = {}
        config = _config(decode(row, "trigger_config", findings), path, spare, findings)
        note_empty(row, "trigger_config", path, findings)
        slot = Slot((row.get("trigger_type") or "").strip(), config, path, row=row, spare=spare)
        twin = next((other for other in slots if other.canonical == slot.canonical), None)
        if twin is None:
            slots.append(slot)
            continue
        findings.reason(
            ReasonCode.TRIGGER_DUPLICATE, path, f"{slot.type} and {twin.type} are the same trigger."
        )
        if twin.config != config or twin.spare != spare:
            slots.append(slot)
    return slots


def node_type_text(node: LegacyNode) -> str:
    """What the node says it listens to: subtype, else action type, else what else names a trigger we know."""
    told = node.settings.get("triggerType") or node.settings.get("trigger_type")
    for word in (node.subtype, node.action, told, node.label):
        if isinstance(word, str) and word.strip() and (word is not node.label or trigger_type(word)):
            return word.strip()
    return "ai_trigger" if node.type == "ai_trigger" else ""


def _node_slot(node: LegacyNode) -> Slot:
    differ = node.subtype and node.action and node.subtype != node.action
    if differ and canonical(node.subtype) != canonical(node.action):
        node.spare.setdefault("actionType", node.action)
    return Slot(
        node_type_text(node), dict(node.settings), node.settings_path, node=node, spare=dict(node.spare)
    )


def _behind_door(column: Slot, nodes: list[LegacyNode], rows: list[Slot], findings: Findings) -> list[Slot]:
    """The trigger that the door started, with the settings it read; other nodes and rows stay triggers of their own."""
    drawn = [_node_slot(node) for node in nodes]
    mine = next((slot for slot in drawn if slot.canonical == column.canonical), drawn[0] if drawn else None)
    slot = _of_the_door(column, mine, findings)
    for row in (row for row in rows if row.canonical == column.canonical):
        # An event started the workflow once, however often its trigger was registered.
        slot.row = slot.row or row.row
        _note_unread(slot, row.config, "workflow_triggers", findings)
    others = [slot if other is mine else other for other in drawn] or [slot]
    for other in others:
        if other is not slot and other.canonical == slot.canonical:
            other.barrier = Barrier.SECOND_TRIGGER
    for rest in (rest for rest in rows if rest.canonical != column.canonical):
        twin = next((other for other in others if other.canonical == rest.canonical and not other.row), None)
        if twin is None:
            others.append(rest)
        else:
            twin.row = rest.row
            _merge_config(twin, rest, findings)
    return others


def _of_the_door(column: Slot, node: Slot | None, findings: Findings) -> Slot:
    read, passed_over = read_by_door(column.type, column.config)
    slot = Slot(column.type, read, column.path, spare={**column.spare, **passed_over})
    if any(value not in (None, "", [], {}) and value != "all" for value in passed_over.values()):
        findings.reason(
            ReasonCode.TRIGGER_FILTER_UNREAD, column.path,
            f"{', '.join(sorted(passed_over))[:200]}: no event was ever compared with it.",
        )  # fmt: skip
    if node is None:
        return slot
    slot.node = node.node
    slot.spare.update(node.spare)
    if node.type and node.canonical != column.canonical:
        _disagree(node, column, findings, "the column, by which events were matched,")
        slot.spare["trigger_node"] = {"type": node.type, "config": node.config}
    elif column.canonical == "webhook":
        _fill_in(slot, node)
    else:
        implied = trigger_type(node.type)
        told = {"spelling": node.type} if implied is not None and implied[1] else {}
        _note_unread(slot, {**told, **node.config}, "nodes", findings)
    return slot


def _fill_in(slot: Slot, node: Slot) -> None:
    """How a webhook is called: what the column leaves open, the node may say."""
    read, passed_over = read_by_door("webhook", node.config)
    for key, value in read.items():
        if slot.config.setdefault(key, value) != value:
            slot.spare[f"nodes.{key}"] = value
    slot.spare.update((f"nodes.{key}", value) for key, value in passed_over.items())


def _note_unread(slot: Slot, config: dict[str, Any], where: str, findings: Findings) -> None:
    """Keep what stood beside the column and was never read; a setting that would have narrowed something is named."""
    unread = {
        key: value
        for key, value in config.items()
        if value not in (None, "", [], {})
        and slot.config.get(key) != value
        and not _is_identity(slot, key, value)
    }
    slot.spare.update((f"{where}.{key}", value) for key, value in unread.items())
    differing = sorted(key for key in unread if slot.config.get(key) not in (None, "", [], {}))
    if differing:
        findings.reason(
            ReasonCode.TRIGGER_CONFIGS_DISAGREE, slot.path,
            f"{where} says something else about {', '.join(differing)[:200]}.",
        )  # fmt: skip
    narrowing = sorted(key for key, value in unread.items() if key not in differing and value != "all")
    if narrowing:
        findings.reason(
            ReasonCode.TRIGGER_FILTER_UNREAD, where,
            f"{', '.join(narrowing)[:200]}: only the column was ever compared with an event.",
        )  # fmt: skip


def _is_identity(slot: Slot, key: str, value: Any) -> bool:
    node = slot.node
    return key in IDENTITY_KEYS and node is not None and value in (node.label, node.action, node.subtype)


def _drawn(nodes: list[LegacyNode], column: Slot | None, findings: Findings) -> list[Slot]:
    slots = [_node_slot(node) for node in nodes]
    if column is None:
        return slots
    if len(slots) == 1:
        return [_node_or_column(slots[0], column, findings)]
    match = next((slot for slot in slots if slot.canonical == column.canonical), None)
    if match is not None:
        _merge_config(match, column, findings)
    elif normal(column.type) not in UNSET:
        _disagree(column, slots[0], findings, f"{len(slots)} trigger nodes")
        slots[0].spare["trigger_column"] = {"type": column.type, "config": column.config}
    else:
        _keep_config(slots[0], column)
    return slots


def _node_or_column(node: Slot, column: Slot, findings: Findings) -> Slot:
    if not node.type:
        node.type = column.type
    if node.canonical == column.canonical:
        _merge_config(node, column, findings)
        return node
    if normal(column.type) in UNSET:
        _keep_config(node, column)
        return node
    if column.config or column.spare:
        _disagree(node, column, findings, "the column, which is configured")
        node.spare["trigger_node"] = {"type": node.type, "config": node.config}
        return Slot(column.type, column.config, column.path, node.node, spare={**node.spare, **column.spare})
    _disagree(column, node, findings, "the node, which is what was drawn")
    findings.change(
        ReasonCode.TRIGGER_IDENTITY_CHANGED, "trigger_type",
        "The column named another trigger than the node.", before=column.type, after=node.type,
    )  # fmt: skip
    node.spare["trigger_column"] = {"type": column.type}
    return node


def _with_rows(
    nodes: list[LegacyNode], rows: list[Slot], column: Slot | None, findings: Findings
) -> list[Slot]:
    waiting = list(rows)
    slots = []
    for drawn in [_node_slot(node) for node in nodes]:
        row = next((row for row in waiting if row.canonical == drawn.canonical), None)
        if row is None and (len(nodes) == 1 or not drawn.type) and waiting:
            row = waiting[0]
            if drawn.type:
                _disagree(drawn, row, findings, "the registered row")
                drawn.spare["trigger_node"] = {"type": drawn.type, "config": drawn.config}
            drawn.type, drawn.config = row.type, {}
        if row is not None:
            waiting.remove(row)
            drawn.row = row.row
            _merge_config(drawn, row, findings)
        slots.append(drawn)
    slots += waiting
    if column is not None:
        _compare_column(column, slots, findings)
    return slots


def _compare_column(column: Slot, slots: list[Slot], findings: Findings) -> None:
    match = next((slot for slot in slots if slot.canonical == column.canonical), None)
    if match is not None:
        _merge_config(match, column, findings)
    elif normal(column.type) in UNSET:
        _keep_config(slots[0], column)
    else:
        _disagree(column, slots[0], findings, "the registered row")
        slots[0].spare["trigger_column"] = {"type": column.type, "config": column.config}


def _merge_config(slot: Slot, other: Slot, findings: Findings) -> None:
    """Fill in what only `other` says; where both say something else, the configured row or column wins."""
    for key, value in other.config.items():
        mine = slot.config.get(key)
        if mine is None or mine == "" or mine == [] or mine == {}:
            slot.config[key] = value
        elif mine != value and value not in (None, "", [], {}):
            findings.reason(
                ReasonCode.TRIGGER_CONFIGS_DISAGREE,
                f"{other.path}.{key}",
                f"{slot.path}.{key} says something else.",
            )
            slot.spare[f"{slot.path.partition('[')[0]}.{key}"] = mine
            slot.config[key] = value
    slot.spare.update(other.spare)


def _keep_config(slot: Slot, column: Slot) -> None:
    for key, value in column.config.items():
        slot.config.setdefault(key, value)
        if slot.config[key] != value:
            slot.spare[f"{column.path}.{key}"] = value
    slot.spare.update(column.spare)


def _disagree(loser: Slot, winner: Slot, findings: Findings, because: str) -> None:
    findings.reason(
        ReasonCode.TRIGGER_DISAGREEMENT, loser.path,
        f"{loser.type[:80]!r} against {winner.type[:80]!r}; {because} decided.",
    )  # fmt: skip


def _attach_schedules(record: LegacyWorkflow, slots: list[Slot], findings: Findings) -> None:
    for at, row in enumerate(record.schedule_rows):
        slot = next((slot for slot in slots if slot.canonical == "schedule" and slot.schedule is None), None)
        if slot is None:
            path = f"schedule_triggers[{at}].schedule_config"
            told = normal(record.columns.get("trigger_type") or "")
            if told not in UNSET and canonical(told) != "schedule":
                findings.reason(
                    ReasonCode.SCHEDULE_ROW_DISAGREES, path,
                    f"The column says {told[:80]}; the registered schedule is a trigger of its own.",
                )  # fmt: skip
            slot = Slot("scheduled", {}, path)
            slots.append(slot)
        slot.schedule = row


def _attach_webhooks(record: LegacyWorkflow, slots: list[Slot], findings: Findings) -> None:
    for at, row in enumerate(record.webhook_rows):
        if row.get("organization_id") not in (None, record.organization_id):
            path = f"webhook_triggers[{at}]"
            findings.reason(ReasonCode.WEBHOOK_FOREIGN, path, "The webhook is another organization's.")
            continue
        slot = next((slot for slot in slots if slot.canonical == "webhook" and slot.webhook is None), None)
        if slot is None:
            slot = Slot("webhook", {}, f"webhook_triggers[{at}]")
            slots.append(slot)
        slot.webhook = row


def row_uuid(row: Row) -> UUID | None:
    """The row's own id; None where it is no UUID."""
    try:
        return UUID(row.get("id") or "")
    except ValueError:
        return None
