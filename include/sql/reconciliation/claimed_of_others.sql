-- Entries of the ledger and originals under one of the organizations asked about whose source row names one that is not, and
-- whether a change of that row is still to be taken up; and entries that have no source row.
WITH claimed AS (
    SELECT 'migration_ledger.organization_id' AS place, source_id, organization_id
    FROM atlas.migration_ledger
    WHERE
        source_table = %(table)s AND organization_id = any(%(organizations)s::uuid [])
        AND source_deleted_at IS NULL AND rolled_back_at IS NULL
    UNION ALL
    SELECT 'originals.organization_id' AS place, source_id, organization_id
    FROM atlas.originals
    WHERE source_table = %(table)s AND organization_id = any(%(organizations)s::uuid [])
)

SELECT
    claimed.place,
    claimed.source_id,
    claimed.organization_id::text,
    {stated} AS organization,
    EXISTS (
        SELECT 1
        FROM atlas.captured_changes AS cap
        WHERE cap.source_table = %(table)s AND cap.source_id = claimed.source_id
    ) AS is_pending,
    s.{key} IS NULL AS is_gone
FROM claimed
LEFT JOIN {source} AS s ON {is_its_row}
{parents}
WHERE
    CASE
        WHEN s.{key} IS NOT NULL THEN {stated} IS NOT NULL AND {stated} <> all(%(organizations)s::text [])
        ELSE claimed.place = 'migration_ledger.organization_id'
    END
