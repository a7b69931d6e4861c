-- Migrated workflows with what the target suite looks at.
SELECT
    source_table,
    source_id,
    organization_id::text AS organization_id,
    owner,
    definition ->> 'format' AS format,
    coalesce(jsonb_array_length(definition -> 'triggers'), 0) AS trigger_count,
    CASE WHEN status = 'active' AND awaiting_sign_off AND owner <> 'atlas_legacy' THEN 'yes' ELSE 'no' END AS live_unsigned,
    CASE WHEN awaiting_sign_off THEN 'no' ELSE 'yes' END AS is_signed
FROM atlas.workflows
WHERE
    source_table IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR organization_id::text = any(%(organizations)s::text []))
