-- Audiences of which not everybody was asked yet, the oldest first.
SELECT
    r.organization_id::text AS organization, r.workflow_id::text AS workflow, r.trigger_key AS trigger, r.occurrence
FROM atlas.audience_runs AS r
WHERE r.asked_all_at IS NULL
ORDER BY r.begun_at
