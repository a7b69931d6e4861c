"""What a rule found: observed figures and the keys of every failing row, never the values of customers."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """`errored`: the rule could not be evaluated (a SQL error), which says nothing about the data."""

    PASSED = "passed"
    FAILED = "failed"
    ERRORED = "errored"


@dataclass(frozen=True, slots=True)
class ExpectationResult:
    """`keys`: one mapping of key column -> value per failing row, all of them. `observed` is JSON-able."""

    suite: str
    batch: str
    expectation: str
    column: str | None
    severity: str
    status: Status
    why: str
    observed: Mapping[str, Any] = field(default_factory=dict)
    unexpected_count: int = 0
    keys: tuple[Mapping[str, Any], ...] = ()
    error: str | None = None

    @property
    def stops(self) -> bool:
        """Whether the phase may not go on: a critical rule failed, or any rule could not be evaluated."""
        return self.status is Status.ERRORED or (self.status is Status.FAILED and self.severity == "critical")

    @property
    def sentence(self) -> str:
        """For people: what is wrong and how often."""
        if self.status is Status.ERRORED:
            return f"{self.batch}: {self.expectation} could not be evaluated: {self.error}"
        return f"{self.batch}: {self.why} ({self.unexpected_count} rows)"


def stopping(results: Iterable[ExpectationResult]) -> list[ExpectationResult]:
    """Those that stop the phase."""
    return [result for result in results if result.stops]
