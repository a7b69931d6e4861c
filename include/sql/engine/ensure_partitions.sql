-- Makes the partitions that executions of today and the days ahead need.
SELECT
    atlas.ensure_day_partitions('workflow_executions', now(), now() + interval '3 days'),
    atlas.ensure_day_partitions('workflow_execution_steps', now(), now() + interval '3 days')
