"""Tags of a workflow: a text, a list with nulls, an array literal of PostgreSQL."""

import re
from typing import Any

from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.records import Row
from atlas_workflows.legacy.source.documents import decode

_ARRAY_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^,{}"]+)')


def translate_tags(row: Row, in_data: Any, findings: Findings) -> tuple[str, ...]:
    """Distinct tags in their order, from the column and from workflow_data."""
    column = row.get("tags")
    if column is None and in_data is None:
        return ()
    raw = (
        _array(column)
        if column is not None and column.startswith("{") and column != "{}"
        else decode(row, "tags", findings)
    )
    found = [*_texts(raw, "tags", findings), *_texts(in_data, "workflow_data.tags", findings)]
    return tuple(dict.fromkeys(found))


def _array(text: str) -> list[str]:
    """The items of a text[] literal; NULLs are left out."""
    items = []
    for match in _ARRAY_ITEM.finditer(text[1:-1]):
        if match[1] is not None:
            items.append(re.sub(r"\\(.)", r"\1", match[1]))
        elif match[2].strip() and match[2] != "NULL":
            items.append(match[2].strip())
    return items


def _texts(raw: Any, path: str, findings: Findings) -> list[str]:
    if raw in (None, "", [], {}):
        return []
    if isinstance(raw, str):
        findings.reason(ReasonCode.TAGS_MALFORMED, path, "The tags are one text; it was cut at commas.")
        return [part.strip() for part in raw.split(",") if part.strip()]
    if not isinstance(raw, list):
        findings.reason(ReasonCode.TAGS_MALFORMED, path, "The tags are no list.")
        return []
    texts = [
        str(item).strip()
        for item in raw
        if isinstance(item, str | int) and not isinstance(item, bool) and str(item).strip()
    ]
    named = [item["name"] for item in raw if isinstance(item, dict) and isinstance(item.get("name"), str)]
    if len(texts) < len(raw):
        findings.reason(ReasonCode.TAGS_MALFORMED, path, "Some tags are no text.")
    return texts + named
