"""The field readers behind `parse`: each takes a JSON value and returns it typed, or says what it expected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from atlas_workflows.graph.limits import MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_PROBLEMS
from atlas_workflows.graph.model import Problem, Severity

Reader = Callable[[Any], Any]


class Unexpected(Exception):
    """Raised inside readers only; `parse` turns it into a Problem. `inner` is (field, value) inside the value read."""

    def __init__(self, expected: str, inner: tuple[str, Any] | None = None) -> None:
        super().__init__(expected)
        self.inner = inner


@dataclass(slots=True)
class ProblemList:
    """Problems found so far, at most MAX_PROBLEMS."""

    problems: list[Problem] = field(default_factory=list)

    def add(
        self,
        code: str,
        message: str,
        remedy: str,
        *,
        severity: Severity = Severity.ERROR,
        node: str | None = None,
        field: str | None = None,
    ) -> None:
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(Problem(code, severity, message, remedy, node, field))


def read_fields(
    document: Mapping[str, Any],
    readers: Mapping[str, Reader],
    where: str,
    findings: ProblemList,
    node: str | None,
) -> dict[str, Any]:
    """The readable fields of one object; the others become problems named `where`.field."""
    values: dict[str, Any] = {}
    for name, value in document.items():
        reader = readers.get(name)
        if reader is None:
            _report_unknown(name, where, findings, node)
            continue
        try:
            values[name] = reader(value)
        except Unexpected as expected:
            place, given = f"{where}.{name}", value
            if expected.inner is not None:
                place, given = f"{place}.{expected.inner[0]}", expected.inner[1]
            message = f"{place} is {describe(given)}, but must be {expected}."
            remedy = f"Write {expected} there, or leave the field out."
            findings.add("WRONG_FIELD", message, remedy, node=node, field=place)
    return values


def _report_unknown(name: str, where: str, findings: ProblemList, node: str | None) -> None:
    message = f"{where} has a field {name[:100]!r} that the format does not know; it is ignored."
    remedy = "Remove it, or keep such settings under parameters.extra."
    findings.add(
        "UNKNOWN_FIELD", message, remedy, severity=Severity.WARNING, node=node, field=f"{where}.{name[:100]}"
    )


def describe(value: Any) -> str:
    """A JSON value in words, short enough for a message."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"the text {value[:40]!r}" if len(value) <= 40 else "a long text"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, int | float | Decimal) and len(text := str(value)) <= 20:
        return f"the number {text}"
    return "a list" if isinstance(value, list | tuple) else "a number"


def identifier(value: Any) -> str:
    if type(value) is str and value and len(value) <= MAX_ID_LENGTH:
        return value
    raise Unexpected(f"a text of 1 to {MAX_ID_LENGTH} characters")


def name(value: Any) -> str:
    if type(value) is str and len(value) <= MAX_NAME_LENGTH:
        return value
    raise Unexpected(f"a text of at most {MAX_NAME_LENGTH} characters")


def text(value: Any) -> str:
    if type(value) is str:
        return value
    raise Unexpected("a text")


def boolean(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise Unexpected("true or false")


def anything(value: Any) -> Any:
    return value


def mapping(value: Any) -> dict[str, Any]:
    if type(value) is dict:
        return value
    raise Unexpected("an object")


def whole_number(low: int, high: int) -> Reader:
    def read(value: Any) -> int:
        if type(value) is int and low <= value <= high:
            return value
        raise Unexpected(f"a whole number from {low} to {high}")

    return read


def number(low: float, high: float) -> Reader:
    def read(value: Any) -> float:
        if isinstance(value, int | float | Decimal) and type(value) is not bool and low <= value <= high:
            return float(value)
        raise Unexpected(f"a number from {low:g} to {high:g}")

    return read


def finite(value: Any) -> float:
    if isinstance(value, int | float | Decimal) and type(value) is not bool and -1e15 < value < 1e15:
        return float(value)
    raise Unexpected("a number")


def one_of(*choices: str) -> Reader:
    def read(value: Any) -> str:
        if type(value) is str and value in choices:
            return value
        raise Unexpected("one of " + ", ".join(choices))

    return read


def optional(reader: Reader) -> Reader:
    def read(value: Any) -> Any:
        return None if value is None else reader(value)

    return read


def list_of(reader: Reader) -> Reader:
    def read(value: Any) -> tuple[Any, ...]:
        if type(value) is list:
            return tuple(map(reader, value))
        raise Unexpected("a list")

    return read
