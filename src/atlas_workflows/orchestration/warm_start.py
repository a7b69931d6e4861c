"""Lets the scheduler import what tasks need, once: the processes of its executor are its forks and so find it there.

Without it every task imports the same modules anew, 0.8 s of a processor, before it does anything. Only LocalExecutor's
tasks are forks of the scheduler; where others run them this costs the scheduler those 0.8 s at its start and 27 MB.
"""

import sys
from importlib import import_module
from typing import Any

from airflow.listeners import hookimpl

FORKS_TASKS = "scheduler"
# What the functions in this room import when they are called; these bring the rest with them.
TASKS_NEED = (
    "atlas_workflows.orchestration.actor",
    "atlas_workflows.orchestration.approval",
    "atlas_workflows.orchestration.backfill_tasks",
    "atlas_workflows.orchestration.connections",
    "atlas_workflows.orchestration.failures",
    "atlas_workflows.orchestration.notify",
    "atlas_workflows.orchestration.occasions",
    "atlas_workflows.orchestration.phase_run",
    "atlas_workflows.orchestration.phase_tasks",
    "atlas_workflows.orchestration.progress",
    "atlas_workflows.orchestration.sweeping",
    "atlas_workflows.migration.backup.remains",
    "atlas_workflows.migration.movement.workers",
    "atlas_workflows.migration.pace.progress",
    "atlas_workflows.migration.preflight.checklist",
    "atlas_workflows.migration.ramp",
    "atlas_workflows.migration.recorded",
    "atlas_workflows.migration.taken_back",
    "atlas_workflows.recurring.survey",
    "atlas_workflows.store.retention",
    "atlas_workflows.store.steering",
    "atlas_workflows.wiring",
)


@hookimpl  # type: ignore[untyped-decorator]
def on_starting(component: Any) -> None:  # noqa: ARG001 - Airflow passes it by name
    """Airflow calls this in each of its processes with a job, before the scheduler starts its executor."""
    if sys.argv[1:2] == [FORKS_TASKS]:
        import_what_tasks_need()


def import_what_tasks_need() -> None:
    """Import it; nothing of it connects, starts a thread or opens a file when it is imported."""
    for name in TASKS_NEED:
        import_module(name)
