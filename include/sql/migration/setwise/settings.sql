-- What holds for a set-wise statement alone: one plan for all batches, by keys, none compiled, memory for its sorts, and an end to it.
SELECT
    set_config('plan_cache_mode', %(plan_cache_mode)s, TRUE),
    set_config('enable_seqscan', %(enable_seqscan)s, TRUE),
    set_config('jit', %(jit)s, TRUE),
    set_config('work_mem', %(work_mem)s, TRUE),
    set_config('statement_timeout', %(statement_timeout)s, TRUE)
