-- Whether schema atlas has come as far as the engine needs.
SELECT to_regclass('atlas.execution_states') IS NOT NULL
