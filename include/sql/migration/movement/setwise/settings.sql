-- What holds for a set-wise statement alone: one plan for all batches, by keys, none compiled, memory for its sorts, and an end to it.
-- Says what was set before, to be set again afterwards.
WITH before AS MATERIALIZED (
    SELECT
        current_setting('plan_cache_mode') AS plan_cache_mode,
        current_setting('enable_seqscan') AS enable_seqscan,
        current_setting('jit') AS jit,
        current_setting('work_mem') AS work_mem,
        current_setting('statement_timeout') AS statement_timeout
)

SELECT
    before.*,
    set_config('plan_cache_mode', %(plan_cache_mode)s, TRUE) AS of_plans,
    set_config('enable_seqscan', %(enable_seqscan)s, TRUE) AS of_scans,
    set_config('jit', %(jit)s, TRUE) AS of_compiling,
    set_config('work_mem', %(work_mem)s, TRUE) AS of_memory,
    set_config('statement_timeout', %(statement_timeout)s, TRUE) AS of_time
FROM before
