"""Reason codes: why a row is not plainly migrated, and what changes for customers. One line of documentation each."""

from dataclasses import dataclass
from typing import Any

from atlas_workflows.documented_code import DocumentedCode


class ReasonCode(DocumentedCode):
    """A code and, after it, the line that docs/reference/reason-codes.md shows."""

    # A line each, as on the page.
    # fmt: off
    # Tenancy
    ORGANIZATION_MISSING = "ORGANIZATION_MISSING", "The row names no organization, so no tenant may own it."
    ORGANIZATION_UNKNOWN = "ORGANIZATION_UNKNOWN", "The row names an organization that does not exist."
    ORGANIZATION_IS_USER = "ORGANIZATION_IS_USER", "The row names a user's id where an organization's belongs."
    ORGANIZATION_ASSUMED = "ORGANIZATION_ASSUMED", "The organization was supplied by the operator, not by the row."
    # How the row stores its graph
    COLUMN_UNDECODABLE = "COLUMN_UNDECODABLE", "A column that should hold JSON of a certain form holds something else."
    GRAPH_UNDECODABLE = "GRAPH_UNDECODABLE", "The graph cannot be decoded, so no faithful workflow can be built."
    GRAPH_DOUBLE_ENCODED = "GRAPH_DOUBLE_ENCODED", "JSON was stored as a string inside JSON; it was decoded again."
    GRAPH_REWRAPPED = "GRAPH_REWRAPPED", "The graph was wrapped once more in workflowData, or keyed by id; it was unwrapped."
    GRAPHS_DISAGREE = "GRAPHS_DISAGREE", "Two places of the row hold different graphs; the one the builder saves won."
    NODE_COPY_DISAGREES = "NODE_COPY_DISAGREES", "The query copy in workflow_nodes differs from the graph; the graph won."
    NULL_ENTRY_DROPPED = "NULL_ENTRY_DROPPED", "A list held null entries, which stand for nothing."
    ENTRY_UNREADABLE = "ENTRY_UNREADABLE", "An entry of a list has a form that means nothing; it is in the original only."
    TEXT_NOT_STORABLE = "TEXT_NOT_STORABLE", "A NUL or half a surrogate pair was replaced by a visible sign."
    NUMBER_TOO_LARGE = "NUMBER_TOO_LARGE", "A number beyond what the field can hold was left out; the original keeps it."
    # Nodes and edges
    NODE_ID_MISSING = "NODE_ID_MISSING", "A node had no id; it was given one made from its place."
    NODE_ID_DUPLICATE = "NODE_ID_DUPLICATE", "Two nodes shared one id; the later one was renamed, edges stay with the first."
    NODE_DATA_MISSING = "NODE_DATA_MISSING", "A node carries no data object."
    NODE_CONFIG_MALFORMED = "NODE_CONFIG_MALFORMED", "A node's config is a list or a text instead of an object; it is kept in extra."
    POSITION_UNUSABLE = "POSITION_UNUSABLE", "A node's position is missing or no number; the builder lays it out anew."
    EDGE_ID_ASSIGNED = "EDGE_ID_ASSIGNED", "An edge had no id, or one that another edge has; it was given one."
    EDGE_DUPLICATE = "EDGE_DUPLICATE", "The same edge was stored twice; one is kept."
    EDGE_SELF_LOOP = "EDGE_SELF_LOOP", "An edge leads from a node to itself; it was left out."
    EDGE_DANGLING = "EDGE_DANGLING", "An edge names a node that does not exist; it was left out."
    EDGE_INTO_TRIGGER = "EDGE_INTO_TRIGGER", "An edge leads into a trigger; it was left out."
    EDGE_PORT_UNKNOWN = "EDGE_PORT_UNKNOWN", "An edge leaves by a handle its node does not have."
    EDGE_CONDITION_KEPT = "EDGE_CONDITION_KEPT", "A condition on an edge became a filter node."
    EDGES_MISSING = "EDGES_MISSING", "The nodes are not connected at all, so nothing but the trigger was ever executed."
    NODE_UNREACHABLE = "NODE_UNREACHABLE", "No path leads from a trigger to this node; it never executed and is switched off."
    NOTE_BYPASSED = "NOTE_BYPASSED", "Edges led through a note, which is never executed; they now lead past it."
    EDGE_AFTER_END = "EDGE_AFTER_END", "An edge leaves a node that ends the execution; it was left out."
    DEFINITION_INVALID = "DEFINITION_INVALID", "The workflow breaks a rule of the format as it stands; it stays inactive until corrected."
    CYCLE_FOUND = "CYCLE_FOUND", "Edges form a cycle outside a loop."
    UNKNOWN_NODE_TYPE = "UNKNOWN_NODE_TYPE", "A node's type is not known; it is kept whole, never executed, the workflow stays inactive."
    UNKNOWN_ACTION_TYPE = "UNKNOWN_ACTION_TYPE", "An action's type is not known; it is kept whole, never executed, the workflow stays inactive."
    PARAMETER_INVALID = "PARAMETER_INVALID", "A setting has a value its field cannot take; it is kept in extra."
    RECIPIENTS_NOT_CARRIED = "RECIPIENTS_NOT_CARRIED", "A message names recipients that one message cannot have; they are kept in extra, the workflow stays inactive."
    ALIASES_DISAGREE = "ALIASES_DISAGREE", "Two spellings of one setting hold different values; the other is kept in extra."
    WRITTEN_ANEW = "WRITTEN_ANEW", "A setting means the same and is written differently now; as it was written, it is kept in extra."
    LIST_FROM_TEXT = "LIST_FROM_TEXT", "A list was written as one text with commas; it was split there."
    NODE_ID_SHORTENED = "NODE_ID_SHORTENED", "A node's id is longer than an id may be; it was cut, with a part of its hash."
    NESTED_STEPS_KEPT = "NESTED_STEPS_KEPT", "A setting may hold further steps in a form nobody knows; it is kept in extra, the workflow stays inactive."
    # Conditions and templates that could not be carried over whole
    CONDITION_EMPTY = "CONDITION_EMPTY", "A condition names no comparison; nothing was made of it."
    CONDITION_SHAPE_UNKNOWN = "CONDITION_SHAPE_UNKNOWN", "A condition has a form nobody knows; it was not translated."
    CONDITION_FIELD_UNREADABLE = "CONDITION_FIELD_UNREADABLE", "A condition names no field, or one that is no path."
    CONDITION_OPERATOR_UNKNOWN = "CONDITION_OPERATOR_UNKNOWN", "A condition's operator is not known; it was not translated."
    CONDITION_OPERATOR_CUSTOM = "CONDITION_OPERATOR_CUSTOM", "A condition used custom code; it is kept, not translated."
    CONDITION_VALUE_UNFIT = "CONDITION_VALUE_UNFIT", "A condition's value does not fit its operator; it was not translated."
    CONDITION_PATTERN_REFUSED = "CONDITION_PATTERN_REFUSED", "A regular expression cannot run in linear time; it was not translated."
    CONDITION_FORMULA_UNREADABLE = "CONDITION_FORMULA_UNREADABLE", "A formula value is program code; it was not translated."
    CONDITION_TOO_LARGE = "CONDITION_TOO_LARGE", "A condition is deeper or longer than the stated limit; it was not translated."
    CONDITION_LOGIC_ASSUMED = "CONDITION_LOGIC_ASSUMED", "Several conditions without AND or OR between them; all must hold."
    CONDITION_LIST_FROM_TEXT = "CONDITION_LIST_FROM_TEXT", "A list was written as text with commas; it was split there."
    TEMPLATE_VARIABLE_UNKNOWN = "TEMPLATE_VARIABLE_UNKNOWN", "A text refers to a variable nobody knows; the text is kept as it is."
    TEMPLATE_SYNTAX_UNKNOWN = "TEMPLATE_SYNTAX_UNKNOWN", "Braces in a text hold something unknown; the text is kept as it is."
    TEMPLATE_POSITION_UNUSED = "TEMPLATE_POSITION_UNUSED", "A numbered variable outside WhatsApp; the text is kept as it is."
    TEMPLATE_TOO_LARGE = "TEMPLATE_TOO_LARGE", "A text is beyond the limit of what is rendered; it is kept whole."
    TEMPLATE_DATE_FORMAT = "TEMPLATE_DATE_FORMAT", "Legacy wrote this date as its server did; it is now written like 29 March 2026."
    # Triggers
    NO_TRIGGER = "NO_TRIGGER", "Nothing says what starts this workflow."
    TRIGGER_DISAGREEMENT = "TRIGGER_DISAGREEMENT", "Column, node and registered rows name different triggers; precedence decided."
    TRIGGER_CONFIG_MALFORMED = "TRIGGER_CONFIG_MALFORMED", "The trigger's configuration is a text or a list instead of an object."
    TRIGGER_CONFIG_EMPTY = "TRIGGER_CONFIG_EMPTY", "The trigger's configuration is null, an empty list or an empty text; it is read as one without settings."
    TRIGGER_CONFIGS_DISAGREE = "TRIGGER_CONFIGS_DISAGREE", "Two places configure the same trigger differently; the other is kept in extra."
    TRIGGER_DUPLICATE = "TRIGGER_DUPLICATE", "The same trigger was registered twice under two names."
    TRIGGER_EDGES_ADDED = "TRIGGER_EDGES_ADDED", "No trigger node was drawn; the trigger was connected to the first nodes."
    TRIGGER_EVIDENCE = "TRIGGER_EVIDENCE", "What the old application's history says about a trigger; for information, not a warning."
    TRIGGER_FILTER_UNREAD = "TRIGGER_FILTER_UNREAD", "A setting stood where nothing in the old application read it, so it narrowed nothing; it is kept in extra."
    SCHEDULE_ROW_DISAGREES = "SCHEDULE_ROW_DISAGREES", "A registered schedule says something else than the workflow; the registered one is used."
    SEVERAL_TRIGGERS = "SEVERAL_TRIGGERS", "The workflow has several triggers."
    UNKNOWN_TRIGGER_TYPE = "UNKNOWN_TRIGGER_TYPE", "The trigger's type is not known; it is kept whole and never fires."
    # Waits and schedules
    WAIT_UNREADABLE = "WAIT_UNREADABLE", "The wait has no length or time that can be read; nothing is guessed."
    WAIT_UNIT_ASSUMED = "WAIT_UNIT_ASSUMED", "The wait's unit is missing or unknown, which meant seconds; it stays seconds."
    WAIT_NOT_POSITIVE = "WAIT_NOT_POSITIVE", "A negative wait, which passed at once; it still does."
    SCHEDULE_UNREADABLE = "SCHEDULE_UNREADABLE", "The schedule cannot be read, or can never fire; nothing is guessed."
    SCHEDULE_NORMALISED = "SCHEDULE_NORMALISED", "The schedule was written in another dialect; it says the same in ours."
    SCHEDULE_ANCHOR_ASSUMED = "SCHEDULE_ANCHOR_ASSUMED", "An interval names no start; it counts from Monday, 1 January 2024, 00:00."
    TIMEZONE_DEFAULT_IGNORED = "TIMEZONE_DEFAULT_IGNORED", "The stored zone is only the column's default, so no evidence; the next best is used."
    TIMEZONE_UNKNOWN = "TIMEZONE_UNKNOWN", "The stored time zone does not exist; the next best is used."
    TIMEZONE_UNESCAPED = "TIMEZONE_UNESCAPED", "The time zone had been HTML-escaped; it was unescaped."
    # Other parts of a workflow
    STATUS_MISSING = "STATUS_MISSING", "No status was stored; the workflow is a draft."
    STATUS_UNKNOWN = "STATUS_UNKNOWN", "The status is not one of ours; the workflow is paused."
    STATUS_CONFLICT = "STATUS_CONFLICT", "Two on/off columns contradict each other; off won."
    ACTIVE_WITHOUT_NODES = "ACTIVE_WITHOUT_NODES", "An active workflow has no nodes; it stays inactive."
    TYPE_UNKNOWN_INACTIVE = "TYPE_UNKNOWN_INACTIVE", "The workflow was active but cannot be executed as it stands, so it stays inactive."
    NAME_MISSING = "NAME_MISSING", "The workflow has no name."
    NAME_UNESCAPED = "NAME_UNESCAPED", "A text had been HTML-escaped again and again; it was unescaped."
    HTML_ESCAPED = "HTML_ESCAPED", "A text looks HTML-escaped once; it was left alone."
    SANITISER_DAMAGE = "SANITISER_DAMAGE", "The old save path seems to have cut something out of this text; it cannot be restored."
    POSSIBLY_TRUNCATED = "POSSIBLY_TRUNCATED", "A list of exactly 1000 or an object of exactly 100 entries was probably cut by the old save path."
    POSITION_CLAMPED = "POSITION_CLAMPED", "A position sits exactly on the old save path's limit."
    NAME_SHORTENED = "NAME_SHORTENED", "The name is longer than a name may be; it was cut, and the original is kept whole."
    NUMBER_NOT_STORABLE = "NUMBER_NOT_STORABLE", "A number has more digits than PostgreSQL can hold; it is kept as text."
    VARIABLES_MALFORMED = "VARIABLES_MALFORMED", "The variables are neither a list nor an object."
    VERSION_DUPLICATE = "VERSION_DUPLICATE", "Another version of the workflow has the same number; the one with the smaller id keeps it."
    WEBHOOK_FOREIGN = "WEBHOOK_FOREIGN", "A webhook names a workflow of another organization; it stays with its own and starts nothing."
    WEBHOOK_ENDPOINT_DUPLICATE = "WEBHOOK_ENDPOINT_DUPLICATE", "Another webhook has the same endpoint; the one with the smaller id keeps it, this one got its own id."
    WEBHOOK_ENDPOINT_FOREIGN = "WEBHOOK_ENDPOINT_FOREIGN", "The trigger names an endpoint that another organization has; it receives nothing by it and stays inactive."
    WORKFLOW_FOREIGN = "WORKFLOW_FOREIGN", "The row names a workflow of another organization; it stays with its own and belongs to no workflow."
    TEMPLATE_FOREIGN = "TEMPLATE_FOREIGN", "The row refers to a template of another organization that is not public; the reference was dropped."
    ANALYTICS_DUPLICATE = "ANALYTICS_DUPLICATE", "Another row counts the same day of the workflow; the one with the smaller id is kept."
    VARIABLE_DUPLICATE = "VARIABLE_DUPLICATE", "Two variables have one name; the later one was renamed."
    VARIABLE_SHADOWED = "VARIABLE_SHADOWED", "A variable has the name of a lead's field; texts and conditions meant the lead, and still do."
    VARIABLE_NAME_INVALID = "VARIABLE_NAME_INVALID", "A variable's name is empty or cannot be referred to; it was renamed."
    VARIABLE_TYPE_UNKNOWN = "VARIABLE_TYPE_UNKNOWN", "A variable's type is not known; the nearest one is used."
    VARIABLE_VALUE_INVALID = "VARIABLE_VALUE_INVALID", "A variable's flag or value does not fit its type; it was kept as it is."
    VARIABLES_WIPED = "VARIABLES_WIPED", "Texts refer to variables, and the list of them is empty as a legacy save left it."
    TAGS_MALFORMED = "TAGS_MALFORMED", "Tags are a text or hold entries that are no text."
    SETTING_INVALID = "SETTING_INVALID", "A workflow setting has a value that cannot be used; the default is used."
    SETTING_NOT_CARRIED = "SETTING_NOT_CARRIED", "A workflow setting has no counterpart; the original keeps it."
    TIMEZONE_ASSUMED = "TIMEZONE_ASSUMED", "No usable time zone was stored; the workflow's, the organization's or the old application's is used."
    COUNTERS_INCONSISTENT = "COUNTERS_INCONSISTENT", "Totals do not add up; the reported ones are kept beside."
    COUNTER_INVALID = "COUNTER_INVALID", "A counter is missing or negative; it is taken as nothing."
    TIMESTAMP_UNREADABLE = "TIMESTAMP_UNREADABLE", "A time cannot be read."
    TEMPLATE_UNKNOWN = "TEMPLATE_UNKNOWN", "The row refers to a template that does not exist."
    SECRET_SEALED = "SECRET_SEALED", "A secret stood there in clear; it was sealed and replaced by a reference."
    SECRET_HOLDS_PLACEHOLDER = "SECRET_HOLDS_PLACEHOLDER", "A sealed text holds placeholders; a secret is sent as it stands, so they are no longer filled in."
    REFERENCE_ESCAPED = "REFERENCE_ESCAPED", "Legacy data held a key that would be a live reference of ours; it got another name and refers to nothing."
    ID_DERIVED = "ID_DERIVED", "The row's id is no UUID; one was derived from it."
    LOAD_REFUSED = "LOAD_REFUSED", "The database refused what translation made of the row; the row is kept whole."
    TRANSLATION_FAILED = "TRANSLATION_FAILED", "The row is of a form nobody foresaw; it is kept whole."
    # History
    EXECUTION_STUCK = "EXECUTION_STUCK", "The execution was never finished: running without an end."
    EXECUTION_CONTRADICTORY = "EXECUTION_CONTRADICTORY", "Status and times of the execution contradict each other."
    EXECUTION_TWIN = "EXECUTION_TWIN", "Another execution of the same workflow has the same trigger data at the same time."
    EXECUTION_WITHOUT_WORKFLOW = "EXECUTION_WITHOUT_WORKFLOW", "The execution names no workflow."
    EXECUTION_STATUS_UNKNOWN = "EXECUTION_STATUS_UNKNOWN", "The status is not one of ours; it was read as the nearest one."
    STEPS_UNREADABLE = "STEPS_UNREADABLE", "Recorded steps cannot be read; the original keeps them."
    DURATION_NEGATIVE = "DURATION_NEGATIVE", "A length of time is negative; it is kept as it was told, and no sum or average counts it."
    STARTED_AT_MISSING = "STARTED_AT_MISSING", "No start was stored; the next best time of the row stands in."
    PARENT_MISSING = "PARENT_MISSING", "The row belongs to another row that does not exist or was not migrated."
    FOLDED_INTO_WORKFLOW = "FOLDED_INTO_WORKFLOW", "The row is part of its workflow's definition now."
    QUEUE_ENTRY_ARCHIVED = "QUEUE_ENTRY_ARCHIVED", "A job of the old queue; the old application still owns it, so it is only archived."
    QUERY_COPY_SKIPPED = "QUERY_COPY_SKIPPED", "A query copy of the graph; compared with it, not migrated."
    # Meaning that changes for customers (need a sign-off)
    WAIT_CAP_REMOVED = "WAIT_CAP_REMOVED", "Legacy cut this wait at five minutes; it now lasts as configured."
    BUSINESS_HOURS_LOCAL = "BUSINESS_HOURS_LOCAL", "Legacy read business hours on the server's clock; they now hold in the organization's zone."
    BOTH_BRANCHES_EXECUTED = "BOTH_BRANCHES_EXECUTED", "Legacy went into every branch of this condition, whatever it answered; now into exactly one."
    EQUALITY_CHANGED = "EQUALITY_CHANGED", "The old engine compared differently; an example value shows where the answer differs."
    ENGINES_DISAGREE = "ENGINES_DISAGREE", "It is not known which old engine ran this condition, and they answer differently."
    SLASH_WAS_DATE = "SLASH_WAS_DATE", "Legacy took any text with a slash for a date, so this was never equal; now it can be."
    BIG_NUMBER_WAS_ROUNDED = "BIG_NUMBER_WAS_ROUNDED", "Legacy rounded numbers beyond 2^53 before comparing; every digit counts now."
    FORMULA_WAS_CODE = "FORMULA_WAS_CODE", "Legacy executed a value beginning with = as code; it is now a formula."
    NOT_GROUP_AMBIGUOUS = "NOT_GROUP_AMBIGUOUS", "NOT over several conditions; it now holds when none of them does."
    ACTIVITY_WAS_RANDOM = "ACTIVITY_WAS_RANDOM", "Legacy answered this activity condition at random; it now looks at the contact."
    PLACEHOLDER_LEFT_EMPTY = "PLACEHOLDER_LEFT_EMPTY", "Nobody can fill in this placeholder; the old application sent it as written, now nothing stands there."
    TEXT_WAS_NOT_FILLED = "TEXT_WAS_NOT_FILLED", "The old engine filled in a variable only where it was the whole text; now everywhere."
    NEVER_FIRED_IN_LEGACY = "NEVER_FIRED_IN_LEGACY", "The trigger never fired in the old application; it would now."
    TRIGGER_CANNOT_FIRE = "TRIGGER_CANNOT_FIRE", "Nothing in the old application could start the workflow by this trigger; it would start now."
    TRIGGER_WAS_SILENT = "TRIGGER_WAS_SILENT", "The workflow was active and events for it came in, but it did not start; it would start now."
    TRIGGER_NEVER_SEEN = "TRIGGER_NEVER_SEEN", "Neither executions nor events show whether this trigger ever started the workflow; it would start now."
    DISABLED_TRIGGER_FIRED = "DISABLED_TRIGGER_FIRED", "Nothing in the old application read that this registered trigger was switched off, so it started the workflow; it now stays off."
    STEP_ALWAYS_SKIPPED = "STEP_ALWAYS_SKIPPED", "The history shows this step as skipped every time; it would now be executed."
    STEP_ALWAYS_FAILED = "STEP_ALWAYS_FAILED", "The history shows this step as failed every time; it may now succeed."
    DISABLED_STEP_RAN = "DISABLED_STEP_RAN", "No old engine read that this step was switched off, so it was executed; it now stays off."
    BRANCH_NEVER_SENT = "BRANCH_NEVER_SENT", "The history never shows this message, though what leads to it was executed often; it would now be sent."
    SILENTLY_SKIPPED = "SILENTLY_SKIPPED", "Legacy skipped this action without a word because of its label; it would now execute."
    BRANCHLESS_EDGE = "BRANCHLESS_EDGE", "An edge leaves a condition without naming an outcome; engines differed, now it follows both."
    PLACEHOLDER_LOOP = "PLACEHOLDER_LOOP", "Legacy ran a loop's body once, or its successors each turn; it now loops as configured."
    SCORE_ZERO_HONOURED = "SCORE_ZERO_HONOURED", "Legacy took an explicit 0 for its default; the 0 now counts."
    SCORE_CROSSING = "SCORE_CROSSING", "Legacy fired on crossing upwards and downwards by its own rule; it now fires at every crossing."
    ACTION_WAS_STUB = "ACTION_WAS_STUB", "Legacy reported this action as done without doing it; it would now be done."
    ERROR_MODE_CHANGED = "ERROR_MODE_CHANGED", "On an error the old engine did something else than the stored setting says."
    CYCLE_BROKEN = "CYCLE_BROKEN", "Engines ran a cycle once or without end; a cycle outside a loop is now refused."
    FILTER_WAS_PASSED = "FILTER_WAS_PASSED", "No old engine is known to have held anybody back at this filter; it now does."
    CASE_WITHOUT_WAY = "CASE_WITHOUT_WAY", "A switch has a case without an edge; the old engines took the default way then, now the way ends there."
    END_ENDS_ALL = "END_ENDS_ALL", "An end stopped its own way only; it now ends the execution with all ways side by side."
    EXECUTED_PER_WAY = "EXECUTED_PER_WAY", "Several ways lead to one step; engines executed it once, or once for each of them, and it is now executed for each way that is taken."
    SETTINGS_WERE_TEXT = "SETTINGS_WERE_TEXT", "Settings were stored as JSON inside a text, which no old engine read; they act now."
    VARIABLE_NOW_REQUIRED = "VARIABLE_NOW_REQUIRED", "A variable without a value is marked as required, which no old engine read; every execution now fails until it has one."
    CODE_NOT_EXECUTED = "CODE_NOT_EXECUTED", "Legacy executed customer code here; it is kept but never executed."
    NESTED_STEPS_UNFOLDED = "NESTED_STEPS_UNFOLDED", "Steps stood inside a condition, a loop or a switch; they are nodes of their own now, and executed."
    TRIGGER_IDENTITY_CHANGED = "TRIGGER_IDENTITY_CHANGED", "Legacy listened to what the column said; the trigger now is what was drawn."
    # fmt: on


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a row carries a warning or was quarantined; `field` is a path into the row, e.g. nodes[3].data.config.url."""

    code: ReasonCode
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class SemanticChange:
    """Something customers would notice: how the old application behaved, and how ours will."""

    code: ReasonCode
    field: str | None
    before: Any
    after: Any
    message: str


# Reasons that inform and are no warning: a row that has no other is plainly migrated.
INFORMATIVE = frozenset({ReasonCode.TRIGGER_EVIDENCE})
