-- Some keys that several rows of a legacy table share, or none; {table} and {key} are identifiers.
SELECT {key}::text AS row_key
FROM {table}
GROUP BY {key}
HAVING count(*) > 1 OR {key} IS NULL
LIMIT 3
