-- The ledger keeps its entries and says that what they stand for was removed.
UPDATE atlas.migration_ledger
SET rolled_back_at = %(at)s
WHERE phase = %(phase)s
    AND rolled_back_at IS NULL
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
