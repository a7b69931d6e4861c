-- Writes the counters back; whatever happened between reading and writing is lost, as in the source.
UPDATE public.workflows SET
    total_executions = %(total)s, successful_executions = %(good)s, failed_executions = %(bad)s,
    last_run_at = clock_timestamp()
WHERE id = %(id)s;
