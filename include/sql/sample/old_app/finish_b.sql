-- An execution of shape B ends; the database trigger adds it to the day's analytics.
UPDATE public.workflow_executions SET
    status = %(status)s, completed_at = clock_timestamp(), error = %(error)s,
    execution_time_ms = (extract(EPOCH FROM clock_timestamp() - started_at) * 1000)::int
WHERE id = %(id)s;
