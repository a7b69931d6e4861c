"""A published version in the old format: the row as it stood at the fence, the engine it is executed as, and its triggers."""

from collections.abc import Mapping, Sequence
from typing import Any

from atlas_workflows import exact_json
from atlas_workflows.errors import AtlasError
from atlas_workflows.graph.model import FORMAT as ENHANCED
from atlas_workflows.graph.parse import parse
from atlas_workflows.legacy.engine.drawn import read_workflow
from atlas_workflows.legacy.engine.semantics import BY_NAME
from atlas_workflows.legacy.execution.doors import Door
from atlas_workflows.legacy.execution.program import LegacyProgram
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.records import LegacyWorkflow
from atlas_workflows.legacy.secret_values import original_holds_secret
from atlas_workflows.legacy.source.documents import decode

FORMAT = "atlas.legacy/1"
# What the old engines and their doors read of a row.
COLUMNS = (
    "nodes", "edges", "variables", "workflow_data", "actions", "steps", "conditions", "settings", "trigger_type",
    "trigger_config", "trigger_conditions",
)  # fmt: skip
_SHARED = ("id", "name", "organization_id", "description")
_TIMEZONE = "UTC"  # the old engines' clock was the server's


def holds_secret(record: LegacyWorkflow) -> bool:
    """Whether the part of the row that would be kept holds one in clear."""
    return original_holds_secret(_kept(record))


def to_document(
    record: LegacyWorkflow, definition: Mapping[str, Any], awake: Sequence[str], engine: str
) -> dict[str, Any]:
    """The version of a row; `definition` is its translation, of which only the name and the triggers `awake` are used."""
    triggers = [
        {"id": trigger["id"], "type": trigger["type"], "enabled": trigger["id"] in awake}
        for trigger in definition.get("triggers", ())
    ]
    shared = {name: definition[name] for name in _SHARED if definition.get(name) is not None}
    legacy = {
        "id": record.id, "shape": record.shape, "table": record.table, "engine": engine, "columns": _kept(record),
    }  # fmt: skip
    return {"format": FORMAT, **shared, "triggers": triggers, "legacy": legacy}


def read_program(text: str) -> LegacyProgram | None:
    """The program in a version's JSON text; None where it is in no old format, or cannot be read whole."""
    if FORMAT not in text:
        return None
    try:
        return _program(exact_json.loads(text))
    except (AtlasError, KeyError, TypeError):
        return None


def _program(document: Any) -> LegacyProgram | None:
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        return None
    shell = {name: document[name] for name in (*_SHARED, "triggers") if name in document}
    workflow, _ = parse({**shell, "format": ENHANCED, "settings": {"timezone": _TIMEZONE}})
    legacy = document["legacy"]
    record = LegacyWorkflow(
        legacy["shape"], legacy["table"], legacy["id"], document.get("organization_id"), legacy["columns"]
    )
    if workflow is None:
        return None
    return LegacyProgram(workflow, read_workflow(record), BY_NAME[legacy["engine"]], door_of(record))


def door_of(record: LegacyWorkflow) -> Door:
    """The door that the columns of the row stand for."""
    config: Any = None
    for name in ("trigger_config", "trigger_conditions"):
        config = config or decode(record.columns, name, Findings(record.table, record.id))
    return Door(record.columns.get("trigger_type"), config if isinstance(config, dict) else {})


def _kept(record: LegacyWorkflow) -> dict[str, str | None]:
    return {name: record.columns[name] for name in COLUMNS if name in record.columns}
