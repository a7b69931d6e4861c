-- Webhook endpoints that triggers name in their configuration; {tenant} is a column, {graph} an expression for the nodes.
SELECT
    setting.value,
    flow.{tenant}::text
FROM public.workflows AS flow
CROSS JOIN LATERAL (
    SELECT flow.trigger_config::jsonb AS config
    UNION ALL
    SELECT jsonb_path_query({graph}, '$[*] ? (@.type == "trigger").data.config')
) AS configured
CROSS JOIN LATERAL jsonb_each_text(
    CASE jsonb_typeof(configured.config) WHEN 'object' THEN configured.config ELSE '{{}}'::jsonb END
) AS setting
WHERE
    setting.key IN ('endpoint_id', 'endpointId', 'webhook_id', 'webhookId', 'endpoint', 'endpoint_path')
    AND setting.value <> ''
ORDER BY flow.id::text
