-- The tables of schema atlas, partitioned ones as a whole.
SELECT own.relname
FROM pg_class AS own
WHERE
    own.relnamespace = 'atlas'::regnamespace
    AND own.relkind IN ('r', 'p')
    AND NOT own.relispartition
ORDER BY own.relname
