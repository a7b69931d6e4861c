-- Webhook endpoints that are registered, and whose they are; the smallest id comes first and keeps the endpoint.
SELECT
    hook.endpoint_id::text,
    hook.organization_id::text
FROM public.webhook_triggers AS hook
WHERE hook.endpoint_id IS NOT NULL
ORDER BY hook.id::text
