-- Removes the control tables.
DROP TABLE IF EXISTS
    atlas.archive, atlas.organization_phases, atlas.flag_overrides, atlas.flags, atlas.cohorts, atlas.audit_log,
    atlas.captured_changes, atlas.certificates, atlas.checklist_items, atlas.validation_failing_keys,
    atlas.validation_results, atlas.sign_offs, atlas.secrets, atlas.quarantine, atlas.migration_ledger,
    atlas.originals, atlas.backfill_cursors, atlas.phase_run_steps, atlas.phase_runs;
