-- Values of ours in on/off columns that were not put back, with whether the workflow still is ours.
SELECT
    s.source_table,
    s.source_id,
    s.organization_id::text AS organization_id,
    s.column_name,
    CASE WHEN w.owner IN ('atlas_legacy', 'atlas_enhanced') THEN 'yes' ELSE 'no' END AS is_executed_here
FROM atlas.legacy_writes AS s
LEFT JOIN atlas.workflows AS w ON s.source_table = w.source_table AND s.source_id = w.source_id
WHERE
    s.kind = 'switch' AND s.restored_at IS NULL
    AND (%(organizations)s::text [] IS NULL OR s.organization_id::text = any(%(organizations)s::text []))
