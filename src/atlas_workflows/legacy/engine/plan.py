"""What an old engine would do when a workflow starts: steps, planned effects with their keys, waits and branches. Nothing is done."""

from datetime import timedelta

from atlas_workflows.legacy.engine.course import Course
from atlas_workflows.legacy.engine.drawn import OldWorkflow
from atlas_workflows.legacy.engine.planned import Plan, PlannedEffect, Start
from atlas_workflows.legacy.engine.semantics import OldEngine


def plan(workflow: OldWorkflow, start: Start, engine: OldEngine) -> Plan:
    """Everything that `engine` would do for this start. Pure and deterministic; effects are off by construction."""
    course, seen = Course(workflow, start, engine), Plan(workflow.id, engine.called)
    course.begin()
    while (stop := course.go()) is not None:
        if isinstance(stop, PlannedEffect):
            seen.effects.append(stop)
            course.done(stop)
        else:
            seen.waits.append(stop)
            course.known.now += timedelta(seconds=stop.seconds)
            course.passed(stop)
    seen.steps, seen.branches = course.steps, course.branches
    seen.outcome, seen.reason = course.outcome or "completed", course.reason
    return seen
