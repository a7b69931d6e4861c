"""Phase 1: the data moves into schema `atlas`, is proved complete, and the old application stays in charge."""

from atlas_workflows.migration.phase import Phase, StepUse

PHASE = Phase(
    name="p1_database",
    alias="p1",
    dag_id="migration_p1_database",
    title="Database: schema, data, proof",
    steps=(
        StepUse("preflight"),
        StepUse("backup"),
        StepUse("rehearse"),
        StepUse("expand"),
        StepUse("evidence"),
        StepUse("inspect"),
        StepUse("backfill"),
        StepUse("validate"),
        StepUse("reconcile"),
        StepUse("approve"),
        StepUse("finish"),
    ),
    suites=("p1_database_preflight", "p1_database_batch", "p1_database_target"),
    gates=("inspect", "validate", "reconcile", "approve"),
)
