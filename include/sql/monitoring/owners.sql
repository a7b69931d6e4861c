-- Who executes how many workflows, and how many organizations have an active one of each owner; from one index.
WITH owned AS MATERIALIZED (
    SELECT w.owner, w.status, count(*) AS workflows, count(DISTINCT w.organization_id) AS organizations
    FROM atlas.workflows AS w
    GROUP BY w.owner, w.status
)
SELECT 'workflows' AS name, ARRAY[o.owner, o.status] AS labels, o.workflows::double precision AS value
FROM owned AS o
UNION ALL
SELECT 'organizations', ARRAY[o.owner], o.organizations
FROM owned AS o
WHERE o.status = 'active'
