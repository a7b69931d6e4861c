"""What a phase is: a name, the phases it requires, and an ordered list of steps, checked when it is made."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from atlas_workflows.errors import ConfigurationError
from atlas_workflows.migration.step import StepKind

LAST = "finish"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase as data: its steps are names of kinds in `registry`.

    `requires` are phases that must be applied to an organization before this one may start; the first phase requires none.
    Raises ConfigurationError naming a step that does not exist, or comes twice, or too early.
    """

    name: str
    title: str
    steps: tuple[str, ...]
    registry: Mapping[str, StepKind] = field(repr=False, compare=False)
    requires: tuple["Phase", ...] = ()

    def __post_init__(self) -> None:
        for step in self.steps:
            if step not in self.registry:
                raise self._wrong(f"has a step {step!r}, and there is no such kind")
        twice = [step for step, number in Counter(self.steps).items() if number > 1]
        if twice:
            raise self._wrong(f"has the step {twice[0]!r} more than once")
        if self.steps[-1:] != (LAST,):
            raise self._wrong(f"does not end with {LAST!r}, so it would never be applied to anybody")

    @property
    def alias(self) -> str:
        """p1 for p1_database."""
        return self.name.partition("_")[0]

    @property
    def dag_id(self) -> str:
        return f"migration_{self.name}"

    @property
    def earlier(self) -> tuple["Phase", ...]:
        """The phases this one stands on, the first of all first."""
        found = (before for phase in self.requires for before in (*phase.earlier, phase))
        return tuple(dict.fromkeys(found))

    @property
    def order(self) -> int:
        """1 for the first phase, 2 for the one that stands on it, and so on."""
        return 1 + max((phase.order for phase in self.requires), default=0)

    @property
    def is_first(self) -> bool:
        """It lays down the tables; what is born in them goes when this phase is rolled back, and with no other."""
        return not self.requires

    @property
    def first(self) -> "Phase":
        """The one that moves the rows: the first below it, or itself."""
        return self.earlier[0] if self.earlier else self

    @property
    def kinds(self) -> tuple[StepKind, ...]:
        """The kinds of its steps in order. Raises ConfigurationError where one comes before what it builds on."""
        kinds = tuple(self.registry[step] for step in self.steps)
        for position, kind in enumerate(kinds):
            missing = [name for name in kind.after if name not in self.steps[:position]]
            if missing:
                raise self._wrong(f"has the step {kind.name!r} without {missing[0]!r} before it")
        return kinds

    @property
    def suites(self) -> tuple[str, ...]:
        """The suites its steps check: names of files in expectations/, without .json."""
        return tuple(f"{self.name}_{kind.suite}" for kind in self.kinds if kind.suite is not None)

    def _wrong(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"Phase {self.name} {what}.",
            remedy=f"Correct `steps` in migration/phases/{self.name}.py; kinds: {', '.join(sorted(self.registry))}.",
        )


def in_order(phases: Mapping[str, Phase]) -> tuple[Phase, ...]:
    """The phases, by the file each comes from, in their order.

    Raises ConfigurationError where a file and its phase are called differently, where one requires a phase that no
    file has, or where two have the same place, so that nobody could say which of them is rolled back first.
    """
    ordered = tuple(sorted(phases.values(), key=lambda phase: phase.order))
    for file, phase in phases.items():
        if file != phase.name:
            raise _misplaced(f"migration/phases/{file}.py exports a phase called {phase.name!r}")
        unknown = [required.name for required in phase.requires if required.name not in phases]
        if unknown:
            raise _misplaced(
                f"Phase {phase.name} requires {unknown[0]!r}, which no file of migration/phases has"
            )
    for number, phase in enumerate(ordered, start=1):
        if phase.order != number or len(phase.earlier) != number - 1:
            raise _misplaced(
                f"Phase {phase.name} does not require the one before it ({ordered[number - 2].name})"
            )
    return ordered


def _misplaced(fact: str) -> ConfigurationError:
    return ConfigurationError(f"{fact}.", remedy="Every phase but the first requires the one before it.")
