-- Workflows whose published version asks this audience, and that are not archived.
SELECT DISTINCT w.name || ' (' || w.id || ')' AS workflow
FROM atlas.workflows AS w
INNER JOIN atlas.workflow_versions AS v
    ON v.organization_id = w.organization_id AND v.workflow_id = w.id AND v.version = w.published_version
CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'triggers') AS t (found)
WHERE w.organization_id = %(organization)s AND w.status <> 'archived'
    AND t.found ->> 'type' = 'schedule' AND t.found -> 'parameters' ->> 'audience' = %(name)s
ORDER BY workflow
