"""What every translation of a history row needs: its owner, its JSON columns without secrets, its verdict."""

from typing import Any

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.graph.rows import first_filled, uuid_or_none
from atlas_workflows.legacy.ids import derived_id
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Outcome, Row, RowsOutcome, SourceRow, TargetRows, Tenancy
from atlas_workflows.legacy.secret_values import hidden, original_holds_secret, seal_values
from atlas_workflows.legacy.source.documents import decode, may_be_unstorable
from atlas_workflows.legacy.source.references import may_refer
from atlas_workflows.legacy.source.tenancy import organization_of
from atlas_workflows.secrets.detection import may_hold_secret

WORKFLOW_COLUMNS = ("id", "organization_id", "org_id")
EPOCH = "1970-01-01 00:00:00+00"


def _raw(row: SourceRow) -> bytes:
    # With the names: a column called `secret` holds one, whatever it looks like.
    rows = [row.columns, *(member for members in row.side.values() for member in members)]
    texts = [f'"{name}":{value}' for columns in rows for name, value in columns.items() if value is not None]
    return "\n".join(texts).encode("utf-8", "surrogatepass")


class RowFacts:
    """One row being translated. `may_hold_secret` says that its text could hold a secret, so that JSON is looked through."""

    __slots__ = ("columns", "findings", "may_hold_secret", "organization", "row")

    def __init__(self, row: SourceRow) -> None:
        self.row = row
        self.columns = row.columns
        self.findings = Findings(row.table, row.id)
        self.may_hold_secret = may_hold_secret(_raw(row))
        self.organization: str | None = None

    def own(self, tenancy: Tenancy, *parents: Row) -> bool:
        """Settle the owner from the row itself, else from its parents; false means: quarantine."""
        rows = (self.columns, *parents)
        named = next((name for row in rows if (name := first_filled(row, "organization_id", "org_id"))), None)
        self.organization = organization_of(named, tenancy, self.findings)
        return self.organization is not None

    def side(self, name: str) -> Row | None:
        """The one side row of this name; None where there is none."""
        found = self.row.side.get(name, ())
        return found[0] if found else None

    def is_first(self, side: str, *same: str) -> bool:
        """Whether no side row that agrees in the columns `same` has a smaller id: one of several may keep what is unique."""
        mine = [self.columns.get(name) for name in same]
        rivals = (row for row in self.row.side.get(side, ()) if [row.get(name) for name in same] == mine)
        return all((row.get("id") or "") >= self.row.id for row in rivals)

    def id(self, role: str = "row") -> str:
        """The row's own id where it is a UUID, else one derived from it, with the reason noted."""
        own = uuid_or_none(self.row.id)
        if own is None:
            self.findings.reason(ReasonCode.ID_DERIVED, "id", "The id is no UUID.")
        return own or str(derived_id(self.row.table, self.row.id, role))

    def reference(self, column: str, table: str, role: str) -> str | None:
        """The id of the row of `table` that this column names, as that row's own translation chooses it."""
        told = self.columns.get(column)
        return (uuid_or_none(told) or str(derived_id(table, told, role))) if told else None

    def workflow(self) -> str | None:
        """The id of the workflow that the row names; None for one of another organization, which is reported."""
        if self.is_foreign():
            self.findings.reason(
                ReasonCode.WORKFLOW_FOREIGN, "workflow_id", "The workflow is another organization's."
            )
            return None
        return self.reference("workflow_id", "workflows", "workflow")

    def is_foreign(self) -> bool:
        """Whether the workflow that the row names belongs to another organization than the row."""
        owner = first_filled(self.side("workflow") or {}, "organization_id", "org_id")
        return owner is not None and owner != self.organization

    def json(self, *names: str) -> str | None:
        """JSON text of the first of these columns, secrets replaced; untouched text where it holds none."""
        name = next((name for name in names if self.columns.get(name) is not None), None)
        if name is None:
            return None
        text = self.columns[name] or ""
        # A string may hide a document with what cannot be stored; the common object or list goes through as it is.
        is_plain = text[:1] in ("{", "[") and not may_be_unstorable(text) and not may_refer(text)
        if not self.may_hold_secret and is_plain:
            return text
        return dumps_text(seal_values(decode(self.columns, name, self.findings), name, self.findings))

    def text(self, *names: str) -> str | None:
        """Plain text of the first of these columns; a secret in it is sealed and hidden."""
        name = next((name for name in names if self.columns.get(name) is not None), None)
        value = self.columns[name] if name is not None else None
        if name is None or value is None or not self.may_hold_secret:
            return value
        return hidden(value, name, self.findings)

    def count(self, *names: str) -> int:
        """A count from the first of these columns; what is none counts as 0 and is reported."""
        text = first_filled(self.columns, *names)
        if text is None:
            return 0
        if text.isascii() and text.isdecimal() and len(text) < 19:
            return int(text)
        self.findings.reason(ReasonCode.COUNTER_INVALID, names[0], f"{text[:40]!r} is no count.")
        return 0

    def milliseconds(self, *names: str) -> int | None:
        """A length in whole milliseconds as it was told, a negative one too; None where there is none."""
        text = first_filled(self.columns, *names)
        if text is None:
            return None
        if text[:1] == "-" and text[1:].isascii() and text[1:].isdecimal() and len(text) < 19:
            self.findings.reason(ReasonCode.DURATION_NEGATIVE, names[0], f"{text} is no length of time.")
            return int(text)
        return self.count(*names)

    def lineage(self) -> dict[str, Any]:
        """Where a target row comes from."""
        return {"source_table": self.row.table, "source_id": self.row.id}

    def done(
        self, rows: TargetRows, outcome: Outcome | None = None, parent: tuple[str, str] | None = None
    ) -> RowsOutcome:
        """The verdict on a row that became `rows`."""
        findings = self.findings
        if self.may_hold_secret and findings.secrets:
            findings.hide_secrets()
        plain = Outcome.MIGRATED_WITH_WARNINGS if findings.reasons or findings.changes else Outcome.MIGRATED
        return RowsOutcome(
            outcome=outcome or plain,
            organization_id=self.organization,
            rows=rows,
            reasons=tuple(findings.reasons),
            changes=(),
            secrets=tuple(findings.secrets),
            holds_secret=bool(findings.secrets)
            or (self.may_hold_secret and original_holds_secret(self.columns)),
            may_hold_secret=self.may_hold_secret,
            parent=parent,
        )

    def quarantined(self) -> RowsOutcome:
        """The verdict on a row nothing can be made of; sealed whenever it could hold a secret."""
        return RowsOutcome(
            outcome=Outcome.QUARANTINED,
            organization_id=self.organization,
            reasons=tuple(self.findings.reasons),
            holds_secret=self.may_hold_secret,
            may_hold_secret=self.may_hold_secret,
        )
