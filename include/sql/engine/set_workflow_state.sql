-- Changes a workflow's state and which of its versions is published; that one says how many may be under way at once.
UPDATE atlas.workflows AS w
SET status = %(status)s, published_version = %(version)s, at_once = (
    SELECT (v.definition #>> '{settings,concurrency}')::integer
    FROM atlas.workflow_versions AS v
    WHERE v.workflow_id = %(workflow)s AND v.organization_id = %(organization)s AND v.version = %(version)s::integer
        AND v.executor = 'atlas_enhanced'
)
WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s
