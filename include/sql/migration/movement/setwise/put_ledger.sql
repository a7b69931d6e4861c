-- The ledger entries of the rows that a set-wise statement moves; of a row that is plain nothing is to be said.
INSERT INTO atlas.migration_ledger (
    source_table, source_id, organization_id, phase, outcome, reasons, changes, source_hash, inputs_hash, target_hash, phase_run_id,
    migrated_at, source_deleted_at, rolled_back_at
)
SELECT
    {name},
    moved.source_id,
    moved.organization_id,
    %(phase)s,
    'migrated',
    '[]',
    '[]',
    moved.source_hash,
    moved.inputs_hash,
    {target_hash},
    %(run_id)s,
    %(at)s,
    NULL,
    NULL
FROM {moved}
