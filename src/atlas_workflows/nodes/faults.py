"""What Pydantic says about parameters, in words for people and with the codes of the builder."""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.graph.model import Severity

_MOST_FAULTS = 50  # per node


def faults_of(
    error: ValidationError,
    parameters: Mapping[str, Any],
    missing_codes: Mapping[str, str],
    wrong_codes: Mapping[str, str],
) -> list[Fault]:
    """One Fault per field that is wrong; of the alternatives of a field the first complaint is shown."""
    found: dict[str, Fault] = {}
    for detail in error.errors(include_url=False, include_input=False)[: _MOST_FAULTS * 4]:
        path = _path(detail["loc"], parameters, detail["type"])
        if path not in found:
            found[path] = _fault(path, detail["type"], detail["msg"], missing_codes, wrong_codes)
    return list(found.values())[:_MOST_FAULTS]


def blank_faults(parameters: Mapping[str, Any], missing_codes: Mapping[str, str]) -> Iterator[Fault]:
    """Fields whose absence has a code of its own and which are there, but blank."""
    for name, code in missing_codes.items():
        value = parameters.get(name)
        if isinstance(value, str) and not value.strip():
            yield missing(code, name)


def missing(code: str, field: str, what: str | None = None) -> Fault:
    """The fault of a field that has to be there."""
    return Fault(code, field, f"{what or field} is missing.", f"Give {field}.")


def is_blank(value: object) -> bool:
    """Left out, or a text of nothing but spaces."""
    return value is None or (isinstance(value, str) and not value.strip())


def advice(code: str, field: str, message: str, remedy: str) -> Fault:
    """A fault that does not keep a workflow from being activated."""
    return Fault(code, field, message, remedy, Severity.WARNING)


def _fault(
    path: str, kind: str, message: str, missing_codes: Mapping[str, str], wrong_codes: Mapping[str, str]
) -> Fault:
    if kind == "missing":
        code = "INCOMPLETE_CONDITION" if _is_in_condition(path) else "MISSING_PARAMETER"
        return missing(missing_codes.get(path, code), path)
    if kind == "extra_forbidden":
        remedy = "Correct its name, or move it under extra."
        return Fault("UNKNOWN_PARAMETER", path, f"There is no parameter {path}.", remedy)
    if kind.isupper():
        return Fault(kind, path, message, f"Correct {path}.")
    message = message.removeprefix("Value error, ").rstrip(".")
    said = message[:1].lower() + message[1:]
    default = "WRONG_CONDITION" if _is_in_condition(path) else "WRONG_PARAMETER"
    return Fault(wrong_codes.get(path, default), path, f"{path} is not right: {said}.", f"Correct {path}.")


def _is_in_condition(path: str) -> bool:
    return any(word in path for word in ("condition", "filters", "skip_unless", "break_when", "rules["))


def _path(location: tuple[int | str, ...], parameters: Any, kind: str) -> str:
    # Pydantic puts the names of a union's members into the location; only what the document has counts.
    path, value = "", parameters
    for place, part in enumerate(location):
        is_last = place == len(location) - 1
        if isinstance(part, int) and isinstance(value, list) and part < len(value):
            path, value = f"{path}[{part}]", value[part]
        elif isinstance(part, str) and isinstance(value, Mapping) and (part in value):
            path, value = (f"{path}.{part}" if path else part), value[part]
        elif kind == "missing" and is_last:
            path = f"{path}.{part}" if path else str(part)
    return path[:300]
