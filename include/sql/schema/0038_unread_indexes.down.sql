-- Originals and ledger entries have their indexes by organization again.
CREATE INDEX originals_by_organization ON atlas.originals (organization_id, source_table);
CREATE INDEX migration_ledger_by_organization ON atlas.migration_ledger (organization_id, source_table, outcome);
