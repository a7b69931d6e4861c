-- Tables whose changes can become events: their kind, and whether the capture trigger is on them.
SELECT
    s.table_name AS "table", s.kind, coalesce(t.tgenabled, 'D') <> 'D' AS is_captured,
    (
        SELECT count(*) > 0
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('organization_id', 'org_id')
    ) AS has_organization
FROM atlas.event_sources() AS s
INNER JOIN pg_catalog.pg_class AS c
    ON c.relname = s.table_name AND c.relnamespace = to_regnamespace(%(schema)s) AND c.relkind IN ('r', 'p')
LEFT JOIN pg_catalog.pg_trigger AS t
    ON t.tgrelid = c.oid AND t.tgname = 'atlas_events' AND NOT t.tgisinternal
ORDER BY s.table_name
