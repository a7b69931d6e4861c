"""The step kinds, one file each, exporting STEP; this file only collects them. A new kind edits nothing else."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any

from atlas_workflows.migration.context import PhaseContext


class StepStatus(StrEnum):
    """How a step ended. `waiting` stops the run without failing it (an approval is outstanding)."""

    PASSED = "passed"
    FAILED = "failed"
    WAITING = "waiting"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step found; `summary` is JSON-able and free of personal data. A failed one says what next."""

    status: StepStatus = StepStatus.PASSED
    summary: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = None
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of step. `repeats`: run again when a killed run continues although it passed before.

    `failure_exit` is the exit code of a run that this step stops.
    """

    name: str
    title: str
    run: Callable[[PhaseContext], StepResult]
    repeats: bool = False
    failure_exit: int = 1


@cache
def step_kinds() -> Mapping[str, StepKind]:
    """Every STEP exported by a module of this package, by name."""
    found = [importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__)]
    return {module.STEP.name: module.STEP for module in found if hasattr(module, "STEP")}
