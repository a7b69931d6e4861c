-- Removes secrets that no endpoint or trigger refers to any more; those that a migration sealed stay with what it wrote.
DELETE FROM atlas.secrets AS s
WHERE
    s.organization_id = %(organization)s AND s.id = ANY(%(secrets)s::uuid[]) AND s.phase IS NULL AND s.connector IS NULL
    AND NOT EXISTS (
        SELECT FROM atlas.workflow_webhooks AS w
        WHERE w.organization_id = s.organization_id AND (w.secret_id = s.id OR w.previous_secret_id = s.id)
    )
    AND NOT EXISTS (
        SELECT FROM atlas.workflow_triggers AS t WHERE t.organization_id = s.organization_id AND t.webhook_secret_id = s.id
    )
