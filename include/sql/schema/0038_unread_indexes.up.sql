-- Nobody asks for originals or ledger entries by organization alone, and every row of history paid for both indexes.
DROP INDEX atlas.originals_by_organization;
DROP INDEX atlas.migration_ledger_by_organization;
