-- Every row of history paid for both indexes; only a reconciliation about some organizations asks by them, and reads more without.
DROP INDEX atlas.originals_by_organization;
DROP INDEX atlas.migration_ledger_by_organization;
