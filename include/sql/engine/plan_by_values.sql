-- Plans the statements that follow in this transaction by their values: of the partitions of history only those of the days
-- at hand are opened then, not all of them.
SET LOCAL plan_cache_mode = force_custom_plan
