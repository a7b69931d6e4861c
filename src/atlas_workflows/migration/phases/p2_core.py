"""Phase 2: organizations go over to the engine, workflow by workflow, and back where a guardrail says so."""

from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.phases.p1_database import PHASE as P1_DATABASE
from atlas_workflows.migration.steps import STEP_KINDS

PHASE = Phase(
    name="p2_core",
    title="Core: cutover to the engine",
    steps=(
        "preflight",
        "backup",
        "expand",
        "shadow",
        "decide",
        "validate",
        "approve",
        "cutover",
        "watch",
        "finish",
    ),
    registry=STEP_KINDS,
    requires=(P1_DATABASE,),
)
