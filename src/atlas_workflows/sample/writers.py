"""One writer per shape: COPYs a chunk of drafts with all that belongs to them."""

from collections import Counter
from typing import Protocol

from atlas_workflows.db.connect import Connection
from atlas_workflows.sample import history_a, history_b, shape_a, shape_b
from atlas_workflows.sample.draft import Draft
from atlas_workflows.sample.executions import Execution, make_executions
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.people import Lead
from atlas_workflows.sample.rows import copy_rows, copy_tuples
from atlas_workflows.sample.spec import SampleSpec, Shape

Leads = dict[str, tuple[Lead, ...]]


class Writer(Protocol):
    """Writes drafts chunk by chunk, and at the end what belongs to no single draft. Both return rows per table."""

    def write(self, connection: Connection, drafts: list[Draft]) -> Counter[str]: ...

    def finish(self, connection: Connection) -> Counter[str]: ...


def writer_for(spec: SampleSpec, organizations: tuple[Organization, ...], leads: Leads) -> Writer:
    if spec.shape is Shape.A:
        return WriterA(spec, leads)
    return WriterB(spec, organizations, leads)


class WriterA:
    """The builder's two tables."""

    def __init__(self, spec: SampleSpec, leads: Leads) -> None:
        self.spec, self.leads = spec, leads
        patched = history_a.PATCHED if spec.has_organization else history_a.BUILDER
        self.columns = history_a.SYSTEM if spec.workflow_system else patched

    def write(self, connection: Connection, drafts: list[Draft]) -> Counter[str]:
        history = _history(drafts, self.leads, self.spec.seed)
        with_organization = self.spec.has_organization
        return Counter(
            workflows=copy_rows(
                connection,
                "workflows",
                (shape_a.workflow_row(draft, with_organization=with_organization) for draft in drafts),
            ),
            workflow_executions=copy_tuples(
                connection,
                "workflow_executions",
                self.columns,
                (
                    cells
                    for draft, executions in history
                    for cells in history_a.execution_tuples(draft, executions, self.columns)
                ),
            ),
        )

    def finish(self, connection: Connection) -> Counter[str]:  # noqa: ARG002 - the protocol's form
        return Counter()


class WriterB:
    """Shape B's thirteen tables."""

    def __init__(self, spec: SampleSpec, organizations: tuple[Organization, ...], leads: Leads) -> None:
        self.spec, self.organizations, self.leads = spec, organizations, leads

    def write(self, connection: Connection, drafts: list[Draft]) -> Counter[str]:
        history = _history(drafts, self.leads, self.spec.seed)
        return Counter(
            workflows=copy_rows(connection, "workflows", map(shape_b.workflow_row, drafts)),
            workflow_executions=copy_tuples(
                connection,
                "workflow_executions",
                history_b.EXECUTION_COLUMNS,
                (
                    cells
                    for draft, executions in history
                    for cells in history_b.execution_tuples(draft, executions)
                ),
            ),
            workflow_execution_steps=copy_tuples(
                connection,
                "workflow_execution_steps",
                history_b.STEP_COLUMNS,
                (
                    cells
                    for draft, executions in history
                    for cells in history_b.step_tuples(draft, executions, self.spec.seed)
                ),
            ),
        )

    def finish(self, connection: Connection) -> Counter[str]:  # noqa: ARG002
        return Counter()


def _history(drafts: list[Draft], leads: Leads, seed: int) -> list[tuple[Draft, list[Execution]]]:
    """Executions of each draft; made before the workflow rows, which tell the last one."""
    return [(draft, make_executions(draft, leads[draft.organization.id], seed)) for draft in drafts]
