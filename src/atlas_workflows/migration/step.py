"""What a step kind declares: how it runs, how it is taken back, whether it is a gate, and what it does in a dry run."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from types import ModuleType
from typing import TYPE_CHECKING, Any

from atlas_workflows.errors import ConfigurationError

if TYPE_CHECKING:
    from atlas_workflows.migration.context import PhaseContext
    from atlas_workflows.migration.undo import NothingToUndo, Undo

GATE_CLOSED = 4


class StepStatus(StrEnum):
    """How a step ended. `waiting` stops the run without failing it (an approval is outstanding)."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    SKIPPED = "skipped"


DONE = (StepStatus.PASSED, StepStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step found; `summary` is JSON-able and free of personal data. A failed one says what next."""

    status: StepStatus = StepStatus.PASSED
    summary: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class ReadsOnly:
    """In a dry run the step runs and only reads; `what` it does then."""

    what: str


@dataclass(frozen=True, slots=True)
class Skips:
    """In a dry run the step is left out, and `why`; the run's record says so."""

    why: str


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of step, exported as STEP by a module of the same name.

    `continues`: a run that failed in this step is taken up again by the next run with the same scope; otherwise the
    next run starts anew. `is_gate`: its failure means that the data is not as it should be (exit code 4). `repeats`:
    run again when a run is continued, although it passed before. `suite`: the step checks expectations/<phase>_<suite>.
    `after`: kinds that a phase with this one must have before it.
    """

    name: str
    title: str
    run: Callable[["PhaseContext"], StepResult]
    undo: "Undo | NothingToUndo"
    dry_run: ReadsOnly | Skips
    continues: bool
    is_gate: bool = False
    repeats: bool = False
    suite: str | None = None
    after: tuple[str, ...] = ()

    @property
    def failure_exit(self) -> int:
        """The exit code of a run that a failure of this step stops."""
        return GATE_CLOSED if self.is_gate else 1


class StepKinds(Mapping[str, StepKind]):
    """The STEP of every module of a package, by name. Names cost nothing; a module is imported when it is asked for,
    so that Airflow reads its DAGs without importing what the steps need.

    With a `prefix` it is the kinds that the modules export under that word: PLAN of scheduling.py is plan_scheduling.
    `|` joins the kinds of several packages.
    """

    def __init__(self, package: ModuleType, prefix: str = "") -> None:
        before, exported = (f"{prefix}_", prefix.upper()) if prefix else ("", "STEP")
        modules = sorted(info.name for info in pkgutil.iter_modules(package.__path__))
        self._places = {f"{before}{module}": (f"{package.__name__}.{module}", exported) for module in modules}

    def __or__(self, other: "StepKinds") -> "StepKinds":
        joined = copy(self)
        joined._places = self._places | other._places
        return joined

    def __getitem__(self, name: str) -> StepKind:
        module, exported = self._places[name]
        found: StepKind = getattr(importlib.import_module(module), exported)
        if found.name != name:
            raise ConfigurationError(
                f"{module} exports a step kind called {found.name!r}.",
                remedy=f"Call it {name!r}, after its file.",
            )
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)
