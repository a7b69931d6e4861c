-- How often a subject may enter the published version of a workflow, and how urgent its executions are.
SELECT
    coalesce(v.definition -> 'settings' ->> 're_entry', 'every_event') AS re_entry,
    (v.definition -> 'settings' ->> 're_entry_after_days')::double precision AS after_days,
    coalesce((v.definition -> 'settings' ->> 'priority')::integer, 5) AS priority
FROM atlas.workflows AS w
INNER JOIN atlas.workflow_versions AS v
    ON v.organization_id = w.organization_id AND v.workflow_id = w.id AND v.version = w.published_version
WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s
