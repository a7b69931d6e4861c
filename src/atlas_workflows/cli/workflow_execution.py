"""What `atlas workflow execute` does: a workflow and options in, a simulation out; and the simulation as JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atlas_workflows.cli.workflow_input import Events, read_data, read_events, read_failure, read_start
from atlas_workflows.cli.workflow_library import WorkflowFolder
from atlas_workflows.engine.program import Program
from atlas_workflows.engine.simulation import Simulation
from atlas_workflows.graph.model import Trigger, Workflow
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.nodes.trial import play_trial, subject_of, trial_as_json, trigger_named
from atlas_workflows.nodes.trigger_questions import Answer


@dataclass(frozen=True, slots=True)
class Wishes:
    """The options of the command, as given."""

    input: Path
    events: Path | None
    at: str | None
    fail: tuple[str, ...]
    trigger: str | None
    workflows: Path | None = None
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A simulation, the trigger it began with, what that trigger says to the data, and the events that were read."""

    simulation: Simulation
    trigger: Trigger
    answer: Answer
    events: Events


def play(workflow: Workflow, wishes: Wishes) -> Played:
    """Execute on a virtual clock. Raises UnreadableFile or TrialRefused for wishes that cannot be fulfilled."""
    data = read_data(wishes.input)
    at = read_start(wishes.at, workflow)
    trigger = trigger_named(workflow, wishes.trigger, field="--trigger")
    events = read_events(wishes.events, subject_of(data), workflow)
    failures = dict(read_failure(text, workflow) for text in wishes.fail)
    program = Program(workflow, load_catalogue())
    folder = WorkflowFolder.of(program, wishes.workflows)
    played = play_trial(
        program, trigger, data, at, events=events.events, failures=failures, library=folder.program, anyway=wishes.anyway
    )  # fmt: skip
    return Played(played.simulation, trigger, played.answer, events)


def played_as_json(played: Played) -> dict[str, Any]:
    """The fields that scripts rely on; `nested` and `reason` only where there are any."""
    return trial_as_json(played.simulation)
