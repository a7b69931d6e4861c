"""One writer per shape: COPYs a chunk of workflows with all that belongs to them."""

from collections import Counter
from typing import Protocol

from atlas_workflows.db.connect import Connection
from atlas_workflows.sample.executions import History
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.sample.rows import Coverage
from atlas_workflows.sample.spec import SampleSpec, Shape
from atlas_workflows.sample.writer_a import WriterA
from atlas_workflows.sample.writer_b import WriterB
from atlas_workflows.sample.writer_linear import WriterLinear


class Writer(Protocol):
    """`start` writes what belongs to organizations, `write` a chunk of workflows. Both return rows per table."""

    def start(self, connection: Connection) -> Counter[str]: ...

    def write(self, connection: Connection, history: list[History], coverage: Coverage) -> Counter[str]: ...


def writer_for(spec: SampleSpec, organizations: tuple[Organization, ...]) -> Writer:
    if spec.shape is Shape.A:
        return WriterA(spec)
    if spec.shape is Shape.B:
        return WriterB(spec, organizations)
    return WriterLinear(spec)
