-- Triggers of migrated workflows with what the target suite looks at.
SELECT
    trg.source_table,
    trg.source_id,
    trg.organization_id::text AS organization_id,
    CASE WHEN wfl.id IS NULL THEN 'no' ELSE 'yes' END AS has_workflow,
    CASE WHEN trg.is_active AND wfl.awaiting_sign_off THEN 'yes' ELSE 'no' END AS armed_early,
    CASE WHEN trg.webhook_secret_id IS NOT NULL AND sec.id IS NULL THEN 'no' ELSE 'yes' END AS has_secret
FROM atlas.workflow_triggers AS trg
LEFT JOIN atlas.workflows AS wfl ON trg.workflow_id = wfl.id AND trg.organization_id = wfl.organization_id
LEFT JOIN atlas.secrets AS sec ON trg.webhook_secret_id = sec.id AND trg.organization_id = sec.organization_id
WHERE
    trg.source_table IS NOT NULL
    AND (%(organizations)s::text [] IS NULL OR trg.organization_id::text = any(%(organizations)s::text []))
