"""What Pydantic says about parameters, in words for people and with the codes of the builder."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from atlas_workflows.graph.catalogue import Fault
from atlas_workflows.graph.model import Severity
from atlas_workflows.schedule.refusal import InvalidField

_MOST_FAULTS = 50  # per node

_KINDS = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "decimal_type": "a number",
    "is_instance_of": "a number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "list_type": "a list",
}


class Complaint(NamedTuple):
    """What Pydantic says about one field: the type of its error, the message, and a remedy where one is known."""

    kind: str
    message: str
    remedy: str = ""


def faults_of(
    error: ValidationError,
    parameters: Mapping[str, Any],
    missing_codes: Mapping[str, str],
    wrong_codes: Mapping[str, str],
) -> list[Fault]:
    """One Fault per field that is wrong; of the alternatives of a field the first complaint is shown."""
    complaints: dict[str, list[Complaint]] = {}
    for detail in error.errors(include_url=False, include_input=False)[: _MOST_FAULTS * 4]:
        path, value = _place(detail["loc"], parameters, detail["type"])
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, InvalidField):
            # Said by a schedule or a wait of its own field, and with a remedy.
            field, _, message = cause.refusal.fact.partition(": ")
            if isinstance(value, Mapping) and field.partition(".")[0] in value:
                path = f"{path}.{field}" if path else field
            complaint = Complaint(detail["type"], message, cause.refusal.remedy)
        else:
            complaint = Complaint(detail["type"], detail["msg"])
        complaints.setdefault(path, []).append(complaint)
    found = [
        _fault(path, said, missing_codes, wrong_codes)
        for path, said in complaints.items()
        if not _is_inside_another(path, complaints)
    ]
    return found[:_MOST_FAULTS]


def _is_inside_another(path: str, complaints: Mapping[str, object]) -> bool:
    # Where a value is of the wrong kind, what the alternatives say about its parts is beside the point.
    return any(path.startswith((f"{other}.", f"{other}[")) for other in complaints if other)


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
    path: str, said: list[Complaint], missing_codes: Mapping[str, str], wrong_codes: Mapping[str, str]
) -> Fault:
    kind, message, remedy = said[0]
    if kind == "missing":
        code = "INCOMPLETE_CONDITION" if _is_in_condition(path) else "MISSING_PARAMETER"
        return missing(missing_codes.get(path, code), path)
    if kind == "extra_forbidden":
        rename = "Correct its name, or move it under extra."
        return Fault("UNKNOWN_PARAMETER", path, f"There is no parameter {path}.", rename)
    if kind.isupper():
        return Fault(kind, path, message, f"Correct {path}.")
    default = "WRONG_CONDITION" if _is_in_condition(path) else "WRONG_PARAMETER"
    code = wrong_codes.get(path, default)
    expected = _expected(said)
    if expected:
        return Fault(code, path, f"{path} must be {expected}.", f"Write {expected} there.")
    message = message.removeprefix("Value error, ").rstrip(".")
    fact = f"{path} is not right: {message[:1].lower()}{message[1:]}."
    return Fault(code, path, fact, remedy or f"Correct {path}.")


def _expected(said: list[Complaint]) -> str:
    """What all alternatives together would take; empty where one of them complains about more than the kind."""
    words = dict.fromkeys(_KINDS.get(complaint.kind, "") for complaint in said)
    if "a number" in words:
        words.pop("a whole number", None)
    return "" if "" in words else " or ".join(words)


def _is_in_condition(path: str) -> bool:
    return any(word in path for word in ("condition", "filters", "skip_unless", "break_when", "rules["))


def _place(location: tuple[int | str, ...], parameters: Any, kind: str) -> tuple[str, Any]:
    """The path inside the parameters, and the value there."""
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
    return path[:300], value
