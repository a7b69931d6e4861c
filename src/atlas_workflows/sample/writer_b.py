"""Writes shape B's thirteen tables by COPY."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

from atlas_workflows.db.connect import Connection
from atlas_workflows.sample import history_b, library_b, shape_b, side_rows_b
from atlas_workflows.sample.dice import Dice
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import History
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.rows import Coverage, Row, copy_rows, copy_tuples
from atlas_workflows.sample.spec import SampleSpec


class WriterB:
    """Drafts with all their side rows; what belongs to an organization comes first, in `start`."""

    def __init__(self, spec: SampleSpec, organizations: tuple[Organization, ...]) -> None:
        self.spec, self.organizations = spec, organizations

    def start(self, connection: Connection) -> Counter[str]:
        seed, gyms = self.spec.seed, self.organizations
        return Counter(
            workflow_templates=copy_rows(
                connection, "workflow_templates", library_b.template_rows(seed, gyms)
            ),
            workflow_code_snippets=copy_rows(
                connection, "workflow_code_snippets", library_b.snippet_rows(seed, gyms)
            ),
            workflow_variables=copy_rows(
                connection, "workflow_variables", library_b.variable_rows(seed, gyms)
            ),
        )

    def write(self, connection: Connection, history: list[History], coverage: Coverage) -> Counter[str]:
        for draft, _ in history:
            _edit(self.spec.seed, draft)
        counts = {
            table: copy_rows(connection, table, rows) for table, rows in self._rows(history, coverage).items()
        }
        seed = self.spec.seed
        executions = (cells for draft, made in history for cells in history_b.execution_tuples(draft, made))
        steps = chain.from_iterable(history_b.step_tuples(draft, made, seed) for draft, made in history)
        counts["workflow_executions"] = copy_tuples(
            connection, "workflow_executions", history_b.EXECUTION_COLUMNS, executions
        )
        counts["workflow_execution_steps"] = copy_tuples(
            connection, "workflow_execution_steps", history_b.STEP_COLUMNS, steps
        )
        return Counter(counts)

    def _rows(self, history: list[History], coverage: Coverage) -> dict[str, Iterator[Row]]:
        seed = self.spec.seed
        drafts = [draft for draft, _ in history]
        return {
            "workflows": (shape_b.workflow_row(draft, self.spec) for draft in drafts),
            "workflow_versions": side_rows_b.version_rows(seed, drafts),
            "workflow_nodes": side_rows_b.node_rows(seed, drafts, coverage),
            "workflow_triggers": side_rows_b.trigger_rows(seed, drafts),
            "webhook_triggers": side_rows_b.webhook_rows(seed, drafts),
            "schedule_triggers": side_rows_b.schedule_rows(seed, drafts),
            "workflow_queue": side_rows_b.queue_rows(seed, history),
            "workflow_analytics": side_rows_b.analytics_rows(seed, history, coverage),
        }


def _edit(seed: int, draft: Draft) -> None:
    """One workflow in three was edited, one in ten came from a template; dirt that set these keeps them."""
    dice = Dice(seed, f"edits/{draft.number}")
    edits, from_template = dice.number(1, 3), dice.chance(0.1)
    if draft.number % 3 == 0:
        draft.version = 1 + edits
    if from_template and draft.template_id is None:
        draft.template_id = library_b.template_id(seed, draft.organization.number, edits)
