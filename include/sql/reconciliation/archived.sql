-- What a migration archived of these source rows; what a rollback or an edit put aside carries another reason.
SELECT
    id::text AS id,
    organization_id::text AS organization_id,
    table_name,
    row_id,
    "row"::text AS "row",
    reason
FROM atlas.archive
WHERE table_name = %(table)s AND row_id = any(%(ids)s) AND reason = 'QUEUE_ENTRY_ARCHIVED'
