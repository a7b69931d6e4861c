-- The statistics document's counters as the application reads them before it writes them back one higher.
SELECT
    coalesce((stats ->> 'totalExecutions')::bigint, 0),
    coalesce((stats ->> 'successfulExecutions')::bigint, 0),
    coalesce((stats ->> 'failedExecutions')::bigint, 0)
FROM public.workflows WHERE id = %(id)s;
