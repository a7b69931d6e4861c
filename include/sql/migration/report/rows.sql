-- Ledger rows a report shows: every workflow, or the rows of other tables that are not plainly migrated.
SELECT source_table, source_id, organization_id, outcome, reasons, changes
FROM atlas.migration_ledger
WHERE phase = %(phase)s
    AND source_deleted_at IS NULL
    AND rolled_back_at IS NULL
    AND (source_table = 'workflows') = %(is_workflow)s
    AND (%(is_workflow)s OR outcome <> 'migrated')
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
ORDER BY source_table, source_id
