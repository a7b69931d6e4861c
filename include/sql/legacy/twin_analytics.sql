-- Days of a workflow that an earlier row (by id) counts as well; the old tables allow no second one, copies of them may.
SELECT
    day.id::text AS id,
    twin.id::text AS twin_id
FROM public.workflow_analytics AS day
INNER JOIN public.workflow_analytics AS twin
    ON
        day.workflow_id = twin.workflow_id
        AND day.date = twin.date
        AND to_jsonb(day) -> 'hour' IS NOT DISTINCT FROM to_jsonb(twin) -> 'hour'
        AND day.id > twin.id
WHERE day.id = ANY(%(keys)s)
ORDER BY day.id, twin.id
