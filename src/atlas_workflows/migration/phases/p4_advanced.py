"""Phase 4: what the old application promised and hardly ever did, group by group; the first brings schedules over."""

from atlas_workflows.migration.advanced import GROUPS, PLANS
from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases.p2_core import PHASE as P2_CORE
from atlas_workflows.migration.steps import STEP_KINDS

PHASE = Phase(
    name="p4_advanced",
    title="Advanced: schedules",
    steps=("preflight", "backup", "expand", *PLANS, "approve", *GROUPS, "validate", "finish"),
    registry=STEP_KINDS | PLANS | GROUPS,
    requires=(P2_CORE,),
)
