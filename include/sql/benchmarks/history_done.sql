-- How many bytes of history the backfill has gone through.
SELECT coalesce(sum(bytes_done), 0)
FROM atlas.backfill_cursors
WHERE source_table IN ('workflow_executions', 'workflow_execution_steps')
