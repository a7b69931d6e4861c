"""A token in every column, key, id and text of every legacy table: nothing that we write shows it, and the prover agrees."""

import json
import re
from collections.abc import Iterator
from itertools import cycle, islice
from typing import Any

import pytest
from agreement import differences, moved, tables_of
from odd_rows import GYM, KEY, SHAPES

from atlas_workflows.legacy.records import SourceRow, Tenancy
from atlas_workflows.settings import load_settings

TENANCY = Tenancy(frozenset({GYM}))
BESIDE = {"workflow": ({"id": KEY, "organization_id": GYM, "name": "W"},), "execution": ({"id": KEY, "organization_id": GYM},)}  # fmt: skip
TOKENS = (
    "github_pat_11ABCDEFG0abcdefghijkl_MNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHI", "glpat-AbCdEfGhIjKlMnOpQrSt",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsawx", "npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "shpat_0123456789abcdef0123456789abcdef",
)  # fmt: skip
COLUMN = re.compile(r"^    (\w+) (text|jsonb|json|varchar|text\[\])\b", re.MULTILINE)
TABLE = re.compile(r"CREATE TABLE public\.(\w+) \((.*?)^\);", re.MULTILINE | re.DOTALL)
NODES = [
    {"id": "t", "type": "trigger", "position": {"x": 1, "y": 2}, "data": {"label": "Start", "subtype": "new_lead", "actionType": "new_lead", "config": {"source": "website"}}},
    {"id": "a", "type": "action", "data": {"label": "Send", "actionType": "send_email", "description": "says", "config": {"subject": "Hi", "body": "Hello", "to": "{{lead.email}}", "headers": [{"key": "X", "value": "y"}]}}},
    {"id": "c", "type": "condition", "data": {"label": "If", "config": {"conditions": [{"field": "lead.status", "operator": "equals", "value": "new"}], "logic": "AND"}}},
    {"id": "o", "type": "odd", "data": {"label": "Odd", "actionType": "nobody_knows", "config": {"odd": {"deep": ["x"]}}}},
    {"id": "w", "type": "wait", "data": {"config": {"duration": 2, "unit": "days", "timezone": "Europe/Berlin"}}},
]  # fmt: skip
EDGES = [
    {"id": "e1", "source": "t", "target": "a"}, {"id": "e2", "source": "a", "target": "c", "label": "next", "animated": True},
    {"id": "e3", "source": "c", "target": "o", "sourceHandle": "true"}, {"id": "e4", "source": "c", "target": "w", "sourceHandle": "false"},
]  # fmt: skip
VARIABLES = [
    {
        "name": "offer",
        "type": "string",
        "value": "ten",
        "description": "said",
        "note": "odd",
        "scope": "workflow",
    }
]
STEPS = [{"nodeId": "a", "nodeType": "action", "nodeLabel": "Send", "actionType": "send_email", "status": "completed", "output": {"id": "x"}, "error": "none", "odd": "x"}]  # fmt: skip
CONFIG = {"source": "website", "tags": ["vip"], "conditions": [{"field": "score", "operator": "gt", "value": "5"}], "formId": "f", "webhook_id": "hook", "cron": "0 9 * * *", "timezone": "Europe/Berlin", "odd": {"deep": "x"}}  # fmt: skip
SETTINGS = {
    "errorHandling": "continue",
    "maxExecutionTime": 300,
    "timezone": "Europe/Berlin",
    "notifications": {"onError": True},
    "odd": "x",
}
ACTIONS = [{"type": "send_email", "id": "x", "config": {"subject": "Hi", "body": "Hello"}, "conditions": [{"field": "a", "operator": "eq", "value": "b"}]}, {"type": "odd thing", "odd": "x"}]  # fmt: skip
RICH: dict[str, Any] = {
    "workflow_data": {"nodes": NODES, "edges": EDGES, "variables": VARIABLES, "tags": ["vip"], "settings": SETTINGS, "odd": {"a": "x"}},
    "nodes": NODES, "edges": EDGES, "variables": VARIABLES, "settings": SETTINGS, "trigger_config": CONFIG, "trigger_conditions": CONFIG,
    "actions": ACTIONS, "steps": ACTIONS, "execution_steps": STEPS, "execution_log": STEPS, "results": STEPS, "schedule_config": {"cron": "0 9 * * *", "timezone": "Europe/Berlin", "odd": "x"},
    "tags": ["vip"], "stats": {"totalExecutions": 3, "odd": "x"}, "conditions": CONFIG["conditions"],
    "input_variables": [{"name": "offer", "type": "string"}],
}  # fmt: skip
OTHERS = {"a": "x", "list": ["x", {"deep": "x"}], "label": "x"}


def columns_of(pattern: str) -> dict[str, dict[str, str]]:
    """Every text and JSON column that these files of the sample give a table."""
    found: dict[str, dict[str, str]] = {}
    for file in sorted((load_settings().include_sql / "sample").glob(pattern)):
        for table, body in TABLE.findall(file.read_text()):
            found.setdefault(table, {}).update(COLUMN.findall(body))
    return found


def planted(value: Any, token: str) -> Iterator[Any]:
    """The document with the token in the place of one key or text, in each in turn; and beside a text."""
    if isinstance(value, str):
        yield token if len(value) % 2 else f"see {token}, please"
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from ([*value[:at], made, *value[at + 1 :]] for made in planted(item, token))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield {(token if name == key else name): inner for name, inner in value.items()}
            yield from ({**value, key: made} for made in planted(item, token))
        yield {**value, "odd key": {token: "x"}}


def texts(kind: str, name: str, token: str) -> Iterator[str]:
    if kind.startswith("json"):
        yield from (json.dumps(made) for made in planted(RICH.get(name, OTHERS), token))
        yield json.dumps(json.dumps({"a": token}))
    elif kind == "text[]":
        yield f'{{vip,"{token}"}}'
    else:
        yield token
        yield f"see {token}, please"


def base(table: str, columns: dict[str, str]) -> dict[str, str | None]:
    told: dict[str, str | None] = {name: json.dumps(RICH.get(name, OTHERS)) if kind.startswith("json") else "word" for name, kind in columns.items()}  # fmt: skip
    told |= {name: "{vip}" for name, kind in columns.items() if kind == "text[]"}
    known = {
        "status": "draft",
        "type": "string",
        "trigger_type": "new_lead",
        "schedule_type": "cron",
        "timezone": "Europe/Berlin",
    }
    told |= {name: value for name, value in known.items() if name in told}
    return {**told, "id": KEY, "organization_id": GYM, "workflow_id": KEY, "execution_id": KEY, "version": "2",
            "date": "2025-01-01", "started_at": "2025-01-01 00:00:00+00", "created_at": "2025-01-01 00:00:00+00"}  # fmt: skip


def everything(made: Any) -> str:
    """All that the loader would write for the row, but what is sealed."""
    shown = [made.rows, made.reasons, made.changes, made.content, made.parent, made.target_hash]
    return json.dumps(shown, default=str, ensure_ascii=False)


FOLDERS = {"S": "shape_c"}  # scoring workflows live among those of other linear shapes
CASES = [
    *((letter, "workflows", f"{FOLDERS.get(letter, f'shape_{letter.lower()}')}/*.sql") for letter in SHAPES),
    *(
        ("B", table, "**/*.sql")
        for table in tables_of("B")
        if table not in ("workflows", "workflow_analytics")
    ),
]
COPIES = frozenset({"workflow_versions", "workflow_templates"})
WITHOUT_OWNER = frozenset({"trigger_definitions", "action_definitions"})


@pytest.mark.parametrize(("letter", "table", "files"), CASES)
def test_no_column_shows_a_token(letter: str, table: str, files: str) -> None:
    source, columns, tokens = tables_of(letter)[table], columns_of(files)[table], cycle(TOKENS)
    assert columns
    for name, kind in columns.items():
        token = next(tokens)
        if name == "id":
            continue  # what tells rows apart on both sides
        # Versions and templates go through the translation of workflows.
        for text in islice(texts(kind, name, token), 0, None, 5 if table in COPIES else 1):
            told = {**base(table, columns), name: text}
            if table in WITHOUT_OWNER:
                del told["organization_id"]
            for other in {"error": ["error_message"], "error_message": ["error"]}.get(name, ()):
                told.pop(other, None)
            row = SourceRow(table, KEY, told, BESIDE)
            made = moved(row, source, TENANCY)
            shown = everything(made).lower()
            assert token[:16].lower() not in shown, (name, text, shown)
            assert made.sealed is not None, (name, text)
            assert [str(item) for item in differences(row, made)] == [], (name, text)
