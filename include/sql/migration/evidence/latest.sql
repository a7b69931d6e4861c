-- The latest moment up to now that a table knows of; {table} and {column} are identifiers.
SELECT max(source.{column})
FROM {table} AS source
WHERE source.{column} <= %(now)s
