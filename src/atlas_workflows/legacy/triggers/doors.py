"""Which door of the old application started a workflow, what that door read, and why no door reached a trigger. Pure.

A door knew the column `trigger_type` letter by letter and the column `trigger_config`; the trigger node nobody read.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from atlas_workflows.legacy.aliases import trigger_type
from atlas_workflows.names import normal

# The words of the column that a door asked for, and the settings of the column by which it chose.
DOORS: Mapping[str, frozenset[str]] = {
    "lead_created": frozenset({"source", "tags", "leadScore"}),
    "form_submitted": frozenset({"formId", "formType", "conditions"}),
    "webhook": frozenset({"webhook_id"}),
}
# A webhook's column also says how it is called; only these settings would have narrowed what comes in.
WEBHOOK_FILTERS = frozenset(
    {"webhookFilters", "filters", "conditions", "condition", "webhookEvent", "webhook_event", "event"}
)
SCORING = frozenset({"lead_score_threshold", "lead_score_changed", "lead_became_hot", "lead_became_cold"})
SCHEDULE, WEBHOOK, BY_HAND = "schedule", "webhook", "manual"
# The word of the column under which a job of the old scheduler would have started a workflow.
SCHEDULED = "scheduled"
COLUMN = "trigger_type"
UNSET = frozenset({"", "manual", "none", "null"})


class Barrier(StrEnum):
    """Why no door of the old application reached a trigger."""

    COLUMN_UNSET = "column_unset"
    COLUMN_ALIAS = "column_alias"
    OTHER_COLUMN = "other_column"
    NO_TRIGGER_NODE = "no_trigger_node"
    SECOND_TRIGGER = "second_trigger"
    NO_WEBHOOK_ID = "no_webhook_id"
    NO_DOOR = "no_door"
    SCHEDULES_NEVER_FIRED = "schedules_never_fired"
    SCORING_NEVER_FIRED = "scoring_never_fired"

    @property
    def sentence(self) -> str:
        """What was the matter, for people."""
        return _SENTENCES[self]


_SENTENCES: Mapping[Barrier, str] = {
    Barrier.COLUMN_UNSET: "The column trigger_type is empty or manual, so no event ever found this workflow.",
    Barrier.COLUMN_ALIAS: "The column trigger_type holds another spelling than events were matched by, letter by letter.",
    Barrier.OTHER_COLUMN: "The column trigger_type names another trigger, and events were matched by the column alone.",
    Barrier.NO_TRIGGER_NODE: "There is no trigger node, and without one every execution failed at its start.",
    Barrier.SECOND_TRIGGER: "An event started the workflow once, at another trigger node of the same type.",
    Barrier.NO_WEBHOOK_ID: "The column trigger_config names no webhook_id, by which deliveries found their workflow.",
    Barrier.NO_DOOR: "Nothing in the old application ever started workflows by such a trigger.",
    Barrier.SCHEDULES_NEVER_FIRED: "The old application never fired schedules.",
    Barrier.SCORING_NEVER_FIRED: "The old application never fired scoring triggers.",
}


def door_of(column: str | None) -> str | None:
    """The door that asked for exactly this word in the column; None where none did."""
    return column if column in DOORS else None


def read_by_door(door: str, config: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The column's settings that the door read, and those it passed over."""
    passed_over = (
        config.keys() & WEBHOOK_FILTERS if door == WEBHOOK else config.keys() - DOORS[door] - {"subtype"}
    )
    read = {key: value for key, value in config.items() if key not in passed_over}
    return read, {key: value for key, value in config.items() if key in passed_over}


def barrier_of(
    type_: str,
    columns: Mapping[str, str | None],
    config: Mapping[str, Any],
    *,
    is_drawn: bool,
    is_scoring: bool,
) -> Barrier | None:
    """Why nothing started a workflow by a trigger of canonical `type_`; None where a door did, or people by hand.

    `columns` are the row's, `config` that of trigger_config; `is_drawn` False means a graph without a trigger node.
    A row without the column itself says nothing about doors.
    """
    if type_ == SCHEDULE:
        return Barrier.SCHEDULES_NEVER_FIRED
    if type_ in SCORING or is_scoring:
        return Barrier.SCORING_NEVER_FIRED
    if type_ == BY_HAND:
        return None if is_drawn else Barrier.NO_TRIGGER_NODE
    if type_ not in DOORS:
        return Barrier.NO_DOOR
    if COLUMN not in columns:
        return None
    if columns[COLUMN] != type_:
        return _of_the_column(type_, columns[COLUMN])
    if type_ == WEBHOOK and not config.get("webhook_id"):
        return Barrier.NO_WEBHOOK_ID
    return None if is_drawn else Barrier.NO_TRIGGER_NODE


def _of_the_column(type_: str, column: str | None) -> Barrier:
    if column is None or normal(column) in UNSET:
        return Barrier.COLUMN_UNSET
    known = trigger_type(column)
    return Barrier.COLUMN_ALIAS if known is not None and known[0] == type_ else Barrier.OTHER_COLUMN
