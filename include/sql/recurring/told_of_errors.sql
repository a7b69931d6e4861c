-- The addresses that a workflow's published version names for its errors.
SELECT DISTINCT told.address
FROM atlas.workflows AS w
INNER JOIN atlas.workflow_versions AS v
    ON v.workflow_id = w.id AND v.organization_id = w.organization_id AND v.version = w.published_version
CROSS JOIN LATERAL (SELECT v.definition -> 'settings' AS settings) AS said
CROSS JOIN LATERAL jsonb_array_elements_text(
    CASE WHEN jsonb_typeof(said.settings -> 'notify_emails') = 'array' THEN said.settings -> 'notify_emails' ELSE '[]' END
) AS told (address)
WHERE w.id = %(workflow)s AND said.settings -> 'notify_on_error' IS DISTINCT FROM 'false'
ORDER BY told.address
