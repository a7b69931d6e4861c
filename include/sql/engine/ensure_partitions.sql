-- Makes the partitions that executions of this month and the next need.
SELECT
    atlas.ensure_month_partitions('workflow_executions', now(), now() + interval '1 month'),
    atlas.ensure_month_partitions('workflow_execution_steps', now(), now() + interval '1 month')
