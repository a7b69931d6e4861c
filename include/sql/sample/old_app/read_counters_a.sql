-- The counters as the application reads them before it writes them back one higher.
SELECT coalesce(total_executions, 0), coalesce(successful_executions, 0), coalesce(failed_executions, 0)
FROM public.workflows WHERE id = %(id)s;
