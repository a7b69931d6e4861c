"""What a phase is: a name, what it requires, and an ordered list of steps, all declared as data."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.errors import InputError


@dataclass(frozen=True, slots=True)
class StepUse:
    """One step of a phase: a kind from the registry, and options for it that this phase fixes."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase as data. `requires` names phases that must stand for an organization before this one may start.

    `suites` are names of files in expectations/ (without .json); `gates` are step kinds whose failure stops the
    phase before `finish` with exit code 4.
    """

    name: str
    alias: str
    dag_id: str
    title: str
    steps: tuple[StepUse, ...]
    requires: tuple[str, ...] = ()
    suites: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()


def all_phases() -> tuple[Phase, ...]:
    """Every PHASE exported by a module of migration/phases, in order of name."""
    from atlas_workflows.migration import phases

    modules = sorted(info.name for info in pkgutil.iter_modules(phases.__path__))
    return tuple(importlib.import_module(f"{phases.__name__}.{name}").PHASE for name in modules)


def phase_named(name: str) -> Phase:
    """The phase called `name` (p1_database) or by its alias (p1). Raises InputError naming those that exist."""
    for phase in all_phases():
        if name in (phase.name, phase.alias):
            return phase
    known = ", ".join(phase.alias for phase in all_phases())
    raise InputError(f"There is no phase called {name!r}.", remedy=f"Choose one of: {known}.")
