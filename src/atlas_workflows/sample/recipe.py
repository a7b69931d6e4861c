"""What an automation does, before any table shape: a trigger and steps that may branch."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One node behind the trigger. `yes` and `no` follow a condition's outcomes (or a loop's body and exit)."""

    type: str
    action: str | None
    label: str
    config: Any
    yes: tuple["Step", ...] = ()
    no: tuple["Step", ...] = ()
    # 1: settings flat in data, dispatch by label; 2: settings in data.config, dispatch by actionType.
    generation: int = 2
    handles: tuple[str, str] = ("true", "false")


@dataclass(frozen=True, slots=True)
class Recipe:
    """An automation that gyms use; `title` and texts may name the gym as %GYM%."""

    title: str
    description: str
    trigger: str
    trigger_config: Any
    steps: tuple[Step, ...]
    variables: Mapping[str, Any] = field(default_factory=dict)
    trigger_label: str = "Trigger"
    settings: Mapping[str, Any] = field(default_factory=dict)


def action(kind: str, label: str, **config: Any) -> Step:
    return Step("action", kind, label, config)


def wait(amount: int, unit: str) -> Step:
    return Step("wait", "wait_delay", f"Wait {amount} {unit}", {"duration": amount, "unit": unit})


def when(
    label: str,
    field_path: str,
    operator: str,
    value: Any,
    *,
    yes: tuple[Step, ...],
    no: tuple[Step, ...] = (),
) -> Step:
    config = {"field": field_path, "operator": operator, "value": value}
    return Step("condition", "condition", label, config, yes, no)


def walk(steps: tuple[Step, ...]) -> Iterator[Step]:
    """All steps, branches included, in the order in which they were drawn."""
    for step in steps:
        yield step
        yield from walk(step.yes)
        yield from walk(step.no)


def taken_path(steps: tuple[Step, ...]) -> Iterator[Step]:
    """The steps of an execution in which every condition holds."""
    for step in steps:
        yield step
        yield from taken_path(step.yes)
