"""What can differ between the legacy side and ours. Each kind has one line of documentation."""

from dataclasses import dataclass

from atlas_workflows.documented_code import DocumentedCode


class DifferenceKind(DocumentedCode):
    """A kind of difference and, after it, what it means."""

    # Ledger and original
    LEDGER_MISSING = "LEDGER_MISSING", "A source row has no entry in the ledger: it was lost."
    LEDGER_WITHOUT_SOURCE = "LEDGER_WITHOUT_SOURCE", "The ledger knows a row that the source does not have."
    ORGANIZATION_DIFFERS = "ORGANIZATION_DIFFERS", "A row stands under another organization than its source."
    ORIGINAL_MISSING = "ORIGINAL_MISSING", "The exact original of a row is not kept."
    ORIGINAL_WITHOUT_LEDGER = (
        "ORIGINAL_WITHOUT_LEDGER",
        "An original is kept of a row that the ledger does not know.",
    )
    ORIGINAL_DIFFERS = "ORIGINAL_DIFFERS", "A column of the kept original is not what the source holds."
    ORIGINAL_UNREADABLE = "ORIGINAL_UNREADABLE", "A sealed original cannot be opened with the keys in force."
    HASH_DIFFERS = "HASH_DIFFERS", "A stored hash is not the hash of what the source holds."
    REASON_MISSING = (
        "REASON_MISSING",
        "The outcome says warnings or quarantine, but no reason is given, or the reverse.",
    )
    COMPARISON_FAILED = (
        "COMPARISON_FAILED",
        "What is kept of a row has a form that cannot be compared at all.",
    )
    # Quarantine
    QUARANTINE_MISSING = "QUARANTINE_MISSING", "A quarantined row is not in the quarantine."
    QUARANTINE_UNEXPECTED = "QUARANTINE_UNEXPECTED", "The quarantine holds a row whose outcome is another."
    QUARANTINE_DIFFERS = (
        "QUARANTINE_DIFFERS",
        "Quarantine and ledger give different reasons or organizations.",
    )
    # Enhanced tables
    TARGET_MISSING = "TARGET_MISSING", "A migrated row has no row in the enhanced table it belongs to."
    TARGET_UNEXPECTED = "TARGET_UNEXPECTED", "Enhanced rows exist for a row that was not migrated."
    TARGET_DIFFERS = "TARGET_DIFFERS", "Enhanced rows are not those that were written."
    TARGET_WITHOUT_LEDGER = (
        "TARGET_WITHOUT_LEDGER",
        "An enhanced row names a source row that the ledger does not know.",
    )
    COLUMN_DIFFERS = "COLUMN_DIFFERS", "A column that is carried over as it is differs from the source."
    COLUMN_WRITTEN = (
        "COLUMN_WRITTEN",
        "A migrated row holds something in a column that no migration writes.",
    )
    STATUS_DIFFERS = (
        "STATUS_DIFFERS",
        "A workflow is live, or its trigger armed, without the sign-offs it needs or before its cutover.",
    )
    ANALYTICS_DIFFER = (
        "ANALYTICS_DIFFER",
        "The hourly counts of a workflow are not the sums of its finished executions.",
    )
    TENANT_CROSSED = "TENANT_CROSSED", "A row of one organization names a workflow of another."
    # Meaning of a workflow
    GRAPH_UNREAD = (
        "GRAPH_UNREAD",
        "A column that keeps the graph holds something that cannot be read, and no reason says so.",
    )
    NODE_LOST = "NODE_LOST", "A node of the legacy graph is neither node nor trigger of the definition."
    EDGE_LOST = "EDGE_LOST", "An edge between two nodes of the legacy graph is not in the definition."
    EDGE_INVENTED = "EDGE_INVENTED", "The definition joins two legacy nodes that legacy did not join."
    TRIGGER_LOST = "TRIGGER_LOST", "The legacy workflow has a trigger and the definition has none."
    TRIGGER_ROWS_DIFFER = (
        "TRIGGER_ROWS_DIFFER",
        "Trigger rows and triggers of the definition are not the same.",
    )
    TEXT_LOST = "TEXT_LOST", "A text of the legacy graph is nowhere in the definition."
    NUMBER_LOST = "NUMBER_LOST", "A number of the legacy graph is nowhere in the definition."
    SECRET_MISSING = (
        "SECRET_MISSING",
        "The definition refers to a secret that is not stored for its organization.",
    )
    SECRET_UNREADABLE = "SECRET_UNREADABLE", "A stored secret cannot be opened with the keys in force."
    SECRET_DIFFERS = "SECRET_DIFFERS", "A stored secret is not one that stands in the source row."
    SECRET_IN_CLEAR = "SECRET_IN_CLEAR", "A sealed secret also stands in clear in an enhanced table."


@dataclass(frozen=True, slots=True)
class Difference:
    """One finding, fit for a report: keys and column names, never values. `also`: another organization that it concerns."""

    kind: DifferenceKind
    table: str
    id: str
    organization_id: str | None = None
    column: str | None = None
    detail: str = ""
    also: str | None = None
