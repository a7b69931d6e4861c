-- Which columns the legacy tables have: how the old application's stand-in knows its own shape.
SELECT
    table_name,
    column_name
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name IN ('workflows', 'workflow_executions');
