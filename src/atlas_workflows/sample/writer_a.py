"""Writes shape A's two tables by COPY."""

from collections import Counter

from atlas_workflows.db.connect import Connection
from atlas_workflows.sample import history_a, shape_a
from atlas_workflows.sample.executions import History
from atlas_workflows.sample.rows import Coverage, copy_rows, copy_tuples
from atlas_workflows.sample.spec import SampleSpec


class WriterA:
    """Workflows with the graph in columns; executions in the form that the variant asks for."""

    def __init__(self, spec: SampleSpec) -> None:
        self.spec = spec
        patched = history_a.PATCHED if spec.has_organization else history_a.BUILDER
        self.columns = history_a.SYSTEM if spec.workflow_system else patched

    def start(self, connection: Connection) -> Counter[str]:  # noqa: ARG002 - nothing stands beside these tables
        return Counter()

    def write(self, connection: Connection, history: list[History], coverage: Coverage) -> Counter[str]:  # noqa: ARG002
        workflows = (shape_a.workflow_row(draft, self.spec) for draft, _ in history)
        executions = (
            cells
            for draft, made in history
            for cells in history_a.execution_tuples(draft, made, self.columns)
        )
        return Counter(
            workflows=copy_rows(connection, "workflows", workflows),
            workflow_executions=copy_tuples(connection, "workflow_executions", self.columns, executions),
        )
