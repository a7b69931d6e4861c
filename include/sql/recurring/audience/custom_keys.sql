-- The names of custom fields that the first rows of a table of people have; {table}, {custom} and {organization} are identifiers.
SELECT DISTINCT k.key
FROM (
    SELECT t.{custom}::jsonb AS fields
    FROM {table} AS t
    WHERE t.{organization}::text = %(organization)s AND t.{custom} IS NOT NULL
    LIMIT %(rows)s
) AS r
CROSS JOIN LATERAL jsonb_object_keys(CASE WHEN jsonb_typeof(r.fields) = 'object' THEN r.fields ELSE '{{}}' END) AS k (key)
ORDER BY k.key
LIMIT %(most)s
