"""What is said about a document of the old API: what it is refused for, and what its sender is told."""

from dataclasses import dataclass

from atlas_workflows.legacy.reasons import Reason, ReasonCode, SemanticChange

# Nothing is lost and nothing means something else: it is stored, and its sender is told. All other findings refuse a document,
# so that one nobody thought of is never stored silently.
TOLD = frozenset(
    {
        ReasonCode.ACTIVE_WITHOUT_NODES, ReasonCode.CONDITION_LIST_FROM_TEXT, ReasonCode.CONDITION_LOGIC_ASSUMED,
        ReasonCode.DEFINITION_INVALID, ReasonCode.EDGES_MISSING, ReasonCode.EDGE_CONDITION_KEPT, ReasonCode.EDGE_ID_ASSIGNED,
        ReasonCode.HTML_ESCAPED, ReasonCode.LIST_FROM_TEXT, ReasonCode.NODE_DATA_MISSING, ReasonCode.NODE_UNREACHABLE,
        ReasonCode.NO_TRIGGER, ReasonCode.POSITION_CLAMPED, ReasonCode.POSITION_UNUSABLE, ReasonCode.POSSIBLY_TRUNCATED,
        ReasonCode.SANITISER_DAMAGE, ReasonCode.SCHEDULE_ANCHOR_ASSUMED, ReasonCode.SCHEDULE_NORMALISED,
        ReasonCode.SETTING_NOT_CARRIED, ReasonCode.SEVERAL_TRIGGERS, ReasonCode.TEMPLATE_DATE_FORMAT,
        ReasonCode.TEMPLATE_POSITION_UNUSED, ReasonCode.TEMPLATE_SYNTAX_UNKNOWN, ReasonCode.TEMPLATE_VARIABLE_UNKNOWN,
        ReasonCode.TIMEZONE_ASSUMED, ReasonCode.TIMEZONE_DEFAULT_IGNORED, ReasonCode.TIMEZONE_UNESCAPED,
        ReasonCode.TRIGGER_CONFIG_EMPTY, ReasonCode.TRIGGER_EDGES_ADDED, ReasonCode.TRIGGER_EVIDENCE,
        ReasonCode.VARIABLES_WIPED, ReasonCode.VARIABLE_SHADOWED, ReasonCode.WAIT_NOT_POSITIVE,
        ReasonCode.WAIT_UNIT_ASSUMED, ReasonCode.WRITTEN_ANEW,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Remark:
    """A finding with its place in the document, such as nodes[3].data.config.url."""

    code: str
    field: str | None
    message: str


def of_reason(reason: Reason) -> Remark:
    """A finding of the translation."""
    return Remark(reason.code.value, reason.field, reason.message)


def of_change(change: SemanticChange) -> Remark:
    """What the old engines did otherwise; whoever sends it now is told what it means here."""
    return Remark(change.code.value, change.field, change.message)
