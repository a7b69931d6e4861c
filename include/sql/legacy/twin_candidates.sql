-- Room for the executions that may be twins, for the length of a session; with the types of the columns that they come from.
CREATE TEMPORARY TABLE atlas_twin_candidates AS
SELECT
    id,
    workflow_id,
    started_at,
    ''::text AS data
FROM public.workflow_executions
WITH NO DATA;

CREATE INDEX ON pg_temp.atlas_twin_candidates (id);
CREATE INDEX ON pg_temp.atlas_twin_candidates (workflow_id, started_at)
