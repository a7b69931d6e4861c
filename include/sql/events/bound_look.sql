-- Bounds statements until the transaction ends, or the next bound; says the bound before, in milliseconds.
WITH before AS MATERIALIZED (
    SELECT s.setting::integer AS milliseconds FROM pg_catalog.pg_settings AS s WHERE s.name = 'statement_timeout'
),
bound AS MATERIALIZED (
    SELECT b.milliseconds, set_config('statement_timeout', %(milliseconds)s::text, true) AS now
    FROM before AS b
)
SELECT b.milliseconds FROM bound AS b WHERE b.now IS NOT NULL
