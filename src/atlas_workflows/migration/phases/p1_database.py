"""Phase 1: the data moves into schema `atlas`, is proved complete, and the old application stays in charge."""

from atlas_workflows.migration.phase import Phase
from atlas_workflows.migration.steps import STEP_KINDS

PHASE = Phase(
    name="p1_database",
    title="Database: schema, data, proof",
    steps=(
        "preflight",
        "backup",
        "rehearse",
        "expand",
        "evidence",
        "inspect",
        "backfill",
        "validate",
        "reconcile",
        "approve",
        "finish",
    ),
    registry=STEP_KINDS,
)
