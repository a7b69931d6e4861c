-- Writes the statistics document back; whatever happened between reading and writing is lost, as in the source.
UPDATE public.workflows SET
    stats = coalesce(stats, '{}') || jsonb_build_object(
        'totalExecutions', %(total)s::bigint, 'successfulExecutions', %(good)s::bigint,
        'failedExecutions', %(bad)s::bigint, 'lastExecutedAt', clock_timestamp()
    )
WHERE id = %(id)s;
