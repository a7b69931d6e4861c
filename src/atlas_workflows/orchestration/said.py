"""What a task found, where the person stands: lines in its log, and a note that leads from the DAG run to the report."""

import logging
from collections.abc import Mapping
from typing import Any

from atlas_workflows.settings import load_settings

log = logging.getLogger("atlas.task")


def say(subject: str, summary: Mapping[str, Any]) -> None:
    """The summary in the log, a line per fact; nothing where nothing was found."""
    from atlas_workflows.migration.report.words import lines_of

    for number, line in enumerate(lines_of(summary)):
        log.info("%s%s", f"{subject}, " if number == 0 else "  ", line)


def note_driver(context: Any, run_id: str) -> None:
    """Note beside the report which DAG run it is of, and say in the log where it is shown."""
    from atlas_workflows.migration.report.notes import note_dag_run

    run = context["dag_run"]
    note_dag_run(load_settings().home / "reports" / run_id, run.dag_id, run.run_id)
    log.info("Run %s: its report is in the tab Report of this DAG run, and on the page Atlas.", run_id)
