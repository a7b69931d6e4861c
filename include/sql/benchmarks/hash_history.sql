-- One pass that hashes every row of history on both sides, and nothing else: what a proof of history cannot do without.
SELECT
    count(*) AS rows,
    sum(get_byte(sha256(convert_to(line.said, 'UTF8')), 0)) AS total
FROM (
    SELECT t::text AS said FROM public.workflow_executions AS t
    UNION ALL
    SELECT t::text FROM public.workflow_execution_steps AS t
    UNION ALL
    SELECT t::text FROM atlas.workflow_executions AS t
    UNION ALL
    SELECT t::text FROM atlas.workflow_execution_steps AS t
) AS line
