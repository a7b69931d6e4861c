"""The phases, one file each, exporting PHASE; this file only collects and checks them."""

import importlib
import pkgutil
from functools import cache

from atlas_workflows.errors import InputError
from atlas_workflows.migration.phase import Phase, in_order


@cache
def all_phases() -> tuple[Phase, ...]:
    """Every PHASE exported by a module of this package, in the order in which they stand on each other."""
    names = [info.name for info in pkgutil.iter_modules(__path__)]
    return in_order({name: importlib.import_module(f"{__name__}.{name}").PHASE for name in names})


def phase_named(name: str) -> Phase:
    """The phase called `name` (p1_database) or by its alias (p1). Raises InputError naming those that exist."""
    for phase in all_phases():
        if name in (phase.name, phase.alias):
            return phase
    known = ", ".join(phase.alias for phase in all_phases())
    raise InputError(f"There is no phase called {name!r}.", remedy=f"Choose one of: {known}.")
