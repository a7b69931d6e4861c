"""Variables of an organization and code snippets, their secrets sealed."""

import re
from hashlib import sha256

from atlas_workflows.exact_json import dumps_text
from atlas_workflows.legacy.graph.rows import first_filled, uuid_or_none
from atlas_workflows.legacy.history.row_facts import WORKFLOW_COLUMNS, RowFacts
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import RowsOutcome, SideTable, SourceRow, SourceTable, Tenancy
from atlas_workflows.legacy.secret_values import seal_values, sealed
from atlas_workflows.legacy.source.documents import decode
from atlas_workflows.secrets.detection import is_secret_name

_TYPES = frozenset({"string", "number", "boolean", "date", "array", "object", "any"})
_USABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_UNUSABLE_CHARACTER = re.compile(r"[^A-Za-z0-9_]+")


def variable_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """One variable; of the organization unless it names a workflow."""
    facts = RowFacts(row)
    columns = row.columns
    if not facts.own(tenancy):
        return facts.quarantined()
    name = _name(facts)
    value = decode(columns, "default_value", facts.findings)
    secret = columns.get("is_secret") == "true" or is_secret_name(columns.get("name") or "")
    if secret:
        value = None if value in (None, "") else sealed(value, "default_value", facts.findings)
    elif facts.may_hold_secret:
        value = seal_values(value, "default_value", facts.findings)
    variable = {
        "id": facts.id("variable"),
        "organization_id": facts.organization,
        "workflow_id": facts.workflow(),
        "name": name,
        "data_type": _type(facts),
        "default_value": None if value is None else dumps_text(value),
        "description": facts.text("description"),
        "scope": "workflow" if columns.get("workflow_id") else "global",
        "is_secret": secret,
        "secret_id": value.get("$secret") if isinstance(value, dict) else None,
        "is_required": columns.get("is_required") == "true",
        "created_at": columns.get("created_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_variables": [variable]})


def _name(facts: RowFacts) -> str:
    """The name; one that nothing could refer to gets a usable form with a part of the id, so that none collide."""
    told = (facts.columns.get("name") or "").strip()
    if _USABLE.fullmatch(told):
        return (
            told if facts.is_first("namesakes", "organization_id", "workflow_id") else _renamed(told, facts)
        )
    plain = _UNUSABLE_CHARACTER.sub("_", told).strip("_")[:80] or "variable"
    name = _of_its_own(plain, facts.row.id)
    facts.findings.reason(ReasonCode.VARIABLE_NAME_INVALID, "name", f"{told[:80]!r} is now {name}.")
    return name


def _renamed(told: str, facts: RowFacts) -> str:
    name = _of_its_own(told, facts.row.id)
    facts.findings.reason(
        ReasonCode.VARIABLE_DUPLICATE, "name", f"{told} exists already; this one is now {name}."
    )
    return name


def _of_its_own(stem: str, row_id: str) -> str:
    # Not the first digits of the id: those are the same in ids that were counted up.
    name = f"{stem[:80]}_{sha256(row_id.encode()).hexdigest()[:8]}"
    return f"_{name}" if name[0].isdigit() else name


def _type(facts: RowFacts) -> str:
    told = (first_filled(facts.columns, "type", "data_type") or "string").lower()
    if told in _TYPES:
        return told
    facts.findings.reason(ReasonCode.VARIABLE_TYPE_UNKNOWN, "type", f"{told[:40]!r} became any.")
    return "any"


def snippet_rows(row: SourceRow, tenancy: Tenancy) -> RowsOutcome:
    """A code snippet, kept as text; nothing of ours executes it."""
    facts = RowFacts(row)
    columns = row.columns
    if not facts.own(tenancy):
        return facts.quarantined()
    snippet = {
        "id": facts.id("snippet"),
        "organization_id": facts.organization,
        "name": columns.get("name") or "Untitled snippet",
        "description": facts.text("description"),
        "code": facts.text("code") or "",
        "language": columns.get("language") or "javascript",
        "input_variables": facts.json("input_variables"),
        "output_variables": facts.json("output_variables"),
        # Shared snippets were readable and writable by every tenant; sharing is decided anew.
        "is_shared": False,
        "created_by": uuid_or_none(columns.get("created_by")),
        "created_at": columns.get("created_at"),
        "updated_at": columns.get("updated_at") or columns.get("created_at"),
        **facts.lineage(),
    }
    return facts.done({"workflow_code_snippets": [snippet]})


VARIABLES = SourceTable(
    "workflow_variables",
    variable_rows,
    sides=(
        SideTable("workflow", "workflows", "id", of="workflow_id", columns=WORKFLOW_COLUMNS),
        SideTable(
            "namesakes",
            "workflow_variables",
            "name",
            of="name",
            columns=("id", "name", "organization_id", "workflow_id"),
        ),
    ),
    after=("workflows",),
)
SNIPPETS = SourceTable("workflow_code_snippets", snippet_rows)
