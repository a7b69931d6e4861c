-- Originals whose row the ledger does not know, of the legacy tables given, or of every one that is named there but those left out.
WITH RECURSIVE named AS (
    -- From one name to the next by the key: reading the whole of it for a dozen names would take longer than all else here.
    SELECT min(source_table) AS source_table
    FROM atlas.originals
    UNION ALL
    SELECT (SELECT min(further.source_table) FROM atlas.originals AS further WHERE further.source_table > named.source_table)
    FROM named
    WHERE named.source_table IS NOT NULL
)

SELECT
    ori.source_table,
    ori.source_id,
    ori.organization_id::text
FROM (
    SELECT source_table FROM named
    WHERE source_table <> all(%(left_out)s::text []) AND (%(asked)s::text [] IS NULL OR source_table = any(%(asked)s::text []))
    OFFSET 0
) AS asked
CROSS JOIN LATERAL (
    SELECT one.source_table, one.source_id, one.organization_id
    FROM atlas.originals AS one
    WHERE
        one.source_table = asked.source_table
        AND (%(organizations)s::uuid [] IS NULL OR one.organization_id = any(%(organizations)s::uuid []))
        AND NOT EXISTS (
            SELECT 1 FROM atlas.migration_ledger AS led
            WHERE led.source_table = one.source_table AND led.source_id = one.source_id
        )
    OFFSET 0
) AS ori
