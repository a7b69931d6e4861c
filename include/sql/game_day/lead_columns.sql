-- Columns of the table of leads: name, type, kind of type, first label of an enumeration, and whether a row must give a value.
SELECT
    a.attname AS name, format_type(a.atttypid, a.atttypmod) AS "type", t.typcategory::text AS category,
    (
        SELECT e.enumlabel::text FROM pg_catalog.pg_enum AS e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder LIMIT 1
    ) AS label,
    a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS is_needed
FROM pg_catalog.pg_attribute AS a
INNER JOIN pg_catalog.pg_type AS t ON a.atttypid = t.oid
WHERE a.attrelid = to_regclass('public.leads') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
