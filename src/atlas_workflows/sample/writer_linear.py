"""Writes the two tables of shapes C to F by COPY."""

from collections import Counter

from atlas_workflows.db.connect import Connection
from atlas_workflows.sample import history_linear, shape_linear
from atlas_workflows.sample.executions import History
from atlas_workflows.sample.rows import Coverage, copy_rows, copy_tuples
from atlas_workflows.sample.spec import SampleSpec


class WriterLinear:
    """Workflows as lists of actions, executions with or without a log."""

    def __init__(self, spec: SampleSpec) -> None:
        self.spec = spec

    def start(self, connection: Connection) -> Counter[str]:  # noqa: ARG002 - nothing stands beside these tables
        return Counter()

    def write(self, connection: Connection, history: list[History], coverage: Coverage) -> Counter[str]:  # noqa: ARG002
        shape = self.spec.shape
        workflows = (shape_linear.workflow_row(draft, self.spec) for draft, _ in history)
        executions = (
            cells for draft, made in history for cells in history_linear.execution_tuples(draft, made, shape)
        )
        return Counter(
            workflows=copy_rows(connection, "workflows", workflows),
            workflow_executions=copy_tuples(
                connection, "workflow_executions", history_linear.columns(shape), executions
            ),
        )
