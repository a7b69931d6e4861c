"""Keys that would be live references of ours, {"$secret": …} and {"$formula": …}: in legacy data they are mere text."""

from typing import Any

from atlas_workflows.expressions.operands import FORMULA_KEY
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode

MARK = "$secret"
RESERVED = frozenset({MARK, FORMULA_KEY})
ESCAPED = "A key of ours stood in legacy data; under its new name it refers to nothing."


def may_refer(text: str) -> bool:
    """Whether JSON text could hold such a key; its letters may be written as escapes."""
    return "$" in text or "\\u" in text


def without_references(value: Any, path: str, findings: Findings) -> Any:
    """The value with every such key under another name, `$$secret`, and said so; what holds none is the same object."""
    if not holds_reference(value):
        return value
    findings.reason(ReasonCode.REFERENCE_ESCAPED, path, ESCAPED)
    return escaped(value)


def holds_reference(value: Any) -> bool:
    """Whether such a key stands anywhere inside."""
    if type(value) is dict:
        return not RESERVED.isdisjoint(value) or any(holds_reference(item) for item in value.values())
    return type(value) is list and any(holds_reference(item) for item in value)


def escaped(value: Any) -> Any:
    """The value with such keys renamed, none of them over another."""
    if type(value) is list:
        return [escaped(item) for item in value]
    if type(value) is not dict:
        return value
    return renamed({key: escaped(item) for key, item in value.items()})


def renamed(value: dict[str, Any]) -> dict[str, Any]:
    """The object with such keys of its own renamed; what lies deeper is left as it is."""
    return {_free(key, value) if key in RESERVED else key: item for key, item in value.items()}


def _free(key: str, beside: dict[str, Any]) -> str:
    while key in beside:
        key = f"${key}"
    return key
