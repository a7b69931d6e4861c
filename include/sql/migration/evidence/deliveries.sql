-- When each workflow's webhook was last called.
SELECT
    hook.workflow_id::text AS workflow_id,
    max(hook.last_triggered_at) AS last_at
FROM {table} AS hook
WHERE hook.workflow_id IS NOT NULL AND hook.last_triggered_at > %(since)s
GROUP BY 1
