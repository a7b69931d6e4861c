"""Trials of an organization's workflows: what a trial starts is found among its published ones, and nothing outlasts its bound."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from atlas_workflows.db.connect import Connection
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.sql_files import sql
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.state import State
from atlas_workflows.errors import InputError
from atlas_workflows.graph.model import Severity
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import is_valid, validate
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.store.definitions import program_of
from atlas_workflows.store.publication import DraftInvalid

MOST_SECONDS = 10.0


class TrialTooLong(InputError):
    """A trial takes longer than anybody waits for."""


@dataclass(slots=True)
class PublishedWorkflows:
    """The programs of an organization's published workflows by id, each read once; `first` is the one that is tried."""

    connection: Connection
    organization: str
    first: Program
    _known: dict[str, Program | None] = field(default_factory=dict)

    def program(self, workflow: str) -> Program | None:
        """The program of a workflow; None where none of this id is published here."""
        if workflow == self.first.workflow.id:
            return self.first
        if workflow not in self._known:
            given = {"organization": self.organization, "workflow": workflow}
            text = scalar(self.connection, sql("api/published_definition"), given)
            self._known[workflow] = None if text is None else program_of(text, load_catalogue())
        return self._known[workflow]


@dataclass(slots=True)
class Deadline:
    """Raises TrialTooLong between two steps of the virtual clock once the time is over."""

    seconds: float = MOST_SECONDS
    clock: Callable[[], float] = time.monotonic
    _until: float = field(init=False)

    def __post_init__(self) -> None:
        self._until = self.clock() + self.seconds

    def __call__(self, state: State) -> State:
        """Look at the time; the state is left as it is."""
        if self.is_over:
            raise TrialTooLong(
                f"The trial takes longer than {self.seconds:g} seconds.",
                remedy="Try it with `atlas workflow execute`, which has no such bound, or with fewer steps in its loops.",
            )
        return state

    @property
    def is_over(self) -> bool:
        return self.clock() >= self._until


def program_to_try(definition: Any) -> Program:
    """The program of a definition. Raises DraftInvalid where it has errors, and InputError where it has no trigger."""
    workflow, problems = parse(definition)
    if workflow is not None:
        problems += validate(workflow, load_catalogue(), hints=False)
    if workflow is None or not is_valid(problems):
        errors = sum(problem.severity is Severity.ERROR for problem in problems)
        raise DraftInvalid(
            f"The definition has {errors} errors.", remedy="Correct them first.", problems=problems
        )
    if not workflow.triggers:
        raise InputError("The definition has no trigger to begin with.", remedy="Add one.", field="trigger")
    return Program(workflow, load_catalogue())
