"""Section 4: dirt in shape B's side tables; the rows come with the workflows, so there is nothing to plant."""

from atlas_workflows.sample.side_rows_b import NODES_DISAGREE, TOTAL_LOST
from atlas_workflows.sample.spec import Shape
from atlas_workflows.sample.specimen import CoverageClass, Specimen

_B = frozenset({Shape.B})
SPECIMENS: tuple[Specimen, ...] = ()
CLASSES = (
    CoverageClass(
        NODES_DISAGREE, needle='"label": "Before the last edit"', shapes=_B, table="workflow_nodes"
    ),
    CoverageClass(TOTAL_LOST, where="total_execution_time_ms IS NULL", shapes=_B, table="workflow_analytics"),
)
