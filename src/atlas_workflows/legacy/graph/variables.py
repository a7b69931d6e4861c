"""Legacy variables to ours: arrays, objects, arrays read back as objects; names, types and flags put right."""

import re
import unicodedata
from typing import Any

from atlas_workflows.graph.model import Variable
from atlas_workflows.legacy.actions.drawer import as_flag
from atlas_workflows.legacy.findings import Findings
from atlas_workflows.legacy.reasons import ReasonCode
from atlas_workflows.legacy.secret_values import sealed
from atlas_workflows.legacy.source.documents import unwrap
from atlas_workflows.secrets.detection import is_secret_name

_TYPES = {
    "string": "string", "text": "string", "email": "string", "phone": "string", "url": "string", "uuid": "string",
    "str": "string", "number": "number", "integer": "number", "int": "number", "float": "number", "decimal": "number",
    "boolean": "boolean", "bool": "boolean", "date": "date", "datetime": "date", "array": "array", "list": "array",
    "object": "object", "json": "object", "any": "any",
}  # fmt: skip
_PLAIN_TYPES = frozenset({"string", "number", "boolean", "date", "array", "object", "any"})
_USABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_UNUSABLE_CHARACTER = re.compile(r"[^A-Za-z0-9_]+")
_KNOWN_KEYS = frozenset(
    {"id", "name", "type", "value", "defaultValue", "default_value", "description", "scope", "required", "is_required",
     "isRequired", "isSecret", "is_secret", "is_sensitive", "key", "default"}
)  # fmt: skip


def translate_variables(raw: Any, path: str, findings: Findings) -> tuple[Variable, ...]:
    """The workflow's own variables; every later one of a name is renamed, never merged into the first."""
    entries = _entries(raw, path, findings)
    taken: dict[str, str] = {}
    found = []
    for where, entry in entries:
        name = _name(entry.get("name", entry.get("key")), where, taken, findings)
        found.append(_variable(name, entry, where, findings))
    return tuple(found)


def _entries(raw: Any, path: str, findings: Findings) -> list[tuple[str, dict[str, Any]]]:
    if type(raw) is str:
        raw = unwrap(raw, path, findings)
    if raw in (None, "", [], {}):
        return []
    if isinstance(raw, list):
        return [pair for at, item in enumerate(raw) if (pair := _entry(item, f"{path}[{at}]", findings))]
    if not isinstance(raw, dict):
        findings.reason(
            ReasonCode.VARIABLES_MALFORMED, path, "The variables are neither a list nor an object."
        )
        return []
    return [(f"{path}.{key}", _from_object(key, value)) for key, value in raw.items()]


def _entry(item: Any, path: str, findings: Findings) -> tuple[str, dict[str, Any]] | None:
    if isinstance(item, dict):
        return path, item
    if isinstance(item, str) and item.strip():
        return path, {"name": item}
    findings.reason(ReasonCode.NULL_ENTRY_DROPPED, path, "The entry is no variable.")
    return None


def _from_object(key: str, value: Any) -> dict[str, Any]:
    # An array read back as an object: {"0": {"name": …}} is the variable itself, not a value of one called "0".
    if key.isdecimal() and isinstance(value, dict) and isinstance(value.get("name"), str):
        return value
    return {"name": key, "value": value, "type": _type_of(value)}


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {str: "string", dict: "object", list: "array", type(None): "any"}.get(type(value), "number")


def _name(raw: Any, path: str, taken: dict[str, str], findings: Findings) -> str:
    told = str(raw).strip() if isinstance(raw, str | int) and not isinstance(raw, bool) else ""
    name = told
    if not _USABLE.fullmatch(told):
        plain = unicodedata.normalize("NFKD", told).encode("ascii", "ignore").decode()
        name = _UNUSABLE_CHARACTER.sub("_", plain).strip("_")[:90] or "variable"
        name = f"_{name}" if name[0].isdigit() else name
        findings.reason(
            ReasonCode.VARIABLE_NAME_INVALID, path, f"{told[:80]!r} cannot be referred to; it is now {name}."
        )
        if told:
            findings.change(
                ReasonCode.VARIABLE_NAME_INVALID, path,
                "Texts that name the variable as it was no longer find its value.", before=told[:80], after=name,
            )  # fmt: skip
    stem, count = name, 2
    while name in taken:
        name, count = f"{stem}_{count}", count + 1
    if name != stem:
        findings.reason(
            ReasonCode.VARIABLE_DUPLICATE, path, f"{stem} exists already; this one is now {name}."
        )
        findings.change(
            ReasonCode.VARIABLE_DUPLICATE, path,
            f"Which of the variables called {stem[:80]} the old engines used is not known; it is the first one now.",
            before=f"the first or a later {stem[:80]}", after=f"the first {stem[:80]}",
        )  # fmt: skip
    taken[name] = told
    return name


def _variable(name: str, entry: dict[str, Any], path: str, findings: Findings) -> Variable:
    default = next(
        (
            entry[key]
            for key in ("value", "defaultValue", "default_value", "default")
            if entry.get(key) is not None
        ),
        None,
    )
    secret = _flag(entry, ("isSecret", "is_secret", "is_sensitive"), path, findings) or is_secret_name(name)
    if secret:
        default = None if default in ("", [], {}) else default
        default = None if default is None else sealed(default, f"{path}.value", findings)
    description = entry.get("description")
    scope = entry.get("scope")
    required = _flag(entry, ("required", "is_required", "isRequired"), path, findings)
    if required and default is None:
        _note_required(name, path, findings)
    return Variable(
        name=name,
        type=_type(entry.get("type"), path, findings),
        default=default,
        description=_described(description if isinstance(description, str) else "", {} if secret else entry),
        scope=scope if scope in ("global", "workflow", "execution") else "workflow",
        required=required,
        secret=secret,
    )


def _note_required(name: str, path: str, findings: Findings) -> None:
    findings.change(
        ReasonCode.VARIABLE_NOW_REQUIRED, f"{path}.required",
        f"{name[:80]} is required and has no value; no old engine looked, now every execution fails until it has one.",
        before="executed without it", after="fails at its start",
    )  # fmt: skip


def _described(description: str, entry: dict[str, Any]) -> str:
    """Settings without a field of ours are at least readable in the description."""
    spare = {
        key: value
        for key, value in entry.items()
        if key not in _KNOWN_KEYS and isinstance(value, str | int | bool) and not is_secret_name(key)
    }
    both = [entry[key] for key in ("value", "defaultValue", "default_value") if entry.get(key) is not None]
    if len(both) > 1 and both[0] != both[1] and isinstance(both[1], str | int):
        spare["default"] = both[1]
    if not spare:
        return description
    told = ", ".join(f"{key}: {value}" for key, value in spare.items())
    return f"{description} ({told})".strip()[:2000]


def _type(raw: Any, path: str, findings: Findings) -> str:
    if isinstance(raw, str) and raw in _PLAIN_TYPES:
        return str(raw)
    known = _TYPES.get(str(raw).strip().lower()) if isinstance(raw, str) else None
    if raw in (None, ""):
        return "string"
    findings.reason(
        ReasonCode.VARIABLE_TYPE_UNKNOWN, f"{path}.type", f"{str(raw)[:40]!r} became {known or 'any'}."
    )
    return known or "any"


def _flag(entry: dict[str, Any], names: tuple[str, ...], path: str, findings: Findings) -> bool:
    for name in names:
        value = entry.get(name)
        if isinstance(value, bool):
            return value
        if value not in (None, ""):
            read = as_flag(value)
            findings.reason(
                ReasonCode.VARIABLE_VALUE_INVALID, f"{path}.{name}", f"{str(value)[:40]!r} is no boolean."
            )
            return read is True
    return False
