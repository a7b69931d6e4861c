-- Plans the statements that follow in this transaction by their values: a plan for all values, made while the tables were
-- empty, would begin with the wrong table, and one of a checkpoint would open every day of history.
SET LOCAL plan_cache_mode = force_custom_plan
