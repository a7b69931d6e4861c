"""Published versions that workers execute: a program of the engine, or one of another format that brings its own interpreter."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from atlas_workflows.engine.advance import advance, start
from atlas_workflows.engine.events import Advanced, Event
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import State
from atlas_workflows.expressions.evaluate import Explanation
from atlas_workflows.expressions.moment import Moment
from atlas_workflows.graph.model import Trigger, Workflow


class Said(Protocol):
    """What a trigger says to an event."""

    @property
    def reasons(self) -> tuple[str, ...]: ...
    @property
    def unchecked(self) -> tuple[str, ...]: ...
    @property
    def failed(self) -> tuple[Explanation, ...]: ...


class ForeignProgram(Protocol):
    """A version in a format that the engine does not know. States, steps and effects are those of every execution.

    `workflow` says what it is called, its triggers and its settings; its nodes are none of the engine's.
    """

    @property
    def workflow(self) -> Workflow: ...
    @property
    def awaits(self) -> frozenset[str]: ...
    @property
    def looks_at_contact(self) -> bool: ...
    @property
    def looks_back(self) -> bool: ...

    def hears(self, trigger: Trigger, data: Mapping[str, Any], at: Moment) -> Said:
        """What a trigger says to an event whose roots of paths are `data`."""

    def start(
        self, data: Mapping[str, Any], now: datetime, *, execution: str, subject: str, depth: int
    ) -> Advanced:
        """Begin an execution."""

    def advance(self, state: State, event: Event, now: datetime) -> Advanced:
        """Let it go on after an event; the state given is left as it is."""


Executable = Program | ForeignProgram


def began(
    program: Executable,
    trigger: str,
    data: Mapping[str, Any],
    now: datetime,
    *,
    execution: str,
    subject: str,
    depth: int,
    events: tuple[Mapping[str, Any], ...],
) -> Advanced:
    """Begin an execution in whichever format it is."""
    if isinstance(program, Program):
        return start(
            program, trigger, data, now, execution=execution, subject=subject, depth=depth, events=events
        )
    return program.start(data, now, execution=execution, subject=subject, depth=depth)


def went_on(program: Executable, state: State, event: Event, now: datetime) -> Advanced:
    """Let an execution go on in whichever format it is."""
    if isinstance(program, Program):
        return advance(program, state, event, now)
    return program.advance(state, event, now)
