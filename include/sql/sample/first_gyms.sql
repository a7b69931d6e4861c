-- Gyms with workflows that are on and write to new leads, as they did before: those that the engine has already, then those
-- with the most.
SELECT w.organization_id::text AS id, count(*) AS workflows, bool_or(w.owner = 'atlas_enhanced') AS is_ours
FROM atlas.workflows AS w
WHERE 'active' IN (w.status, w.intended_status)
    AND position('"send_email"' IN w.definition::text) > 0
    AND (
        w.owner = 'atlas_enhanced'
        OR EXISTS (
            SELECT 1
            FROM atlas.trigger_evidence AS e
            WHERE e.workflow_id = w.id AND e.trigger_type = 'lead_created' AND e.evidence = 'fires'
        )
    )
GROUP BY w.organization_id
ORDER BY bool_or(w.owner = 'atlas_enhanced') DESC, count(*) DESC, w.organization_id
LIMIT %(limit)s
