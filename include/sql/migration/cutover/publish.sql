-- Publishes a definition as the next version of a workflow, unless the published one is the same, or the draft was edited
-- here since it was published.
WITH here AS (
    SELECT
        w.id,
        w.organization_id,
        w.published_version,
        published.definition_hash,
        w.published_version IS NOT NULL AND coalesce(published.executor, 'atlas_enhanced') = %(executor)s AS is_of_executor,
        (
            SELECT coalesce(max(v.version), 0) + 1
            FROM atlas.workflow_versions AS v
            WHERE v.workflow_id = w.id
        ) AS next_version
    FROM atlas.workflows AS w
    LEFT JOIN atlas.workflow_versions AS published
        ON published.workflow_id = w.id AND published.version = w.published_version AND published.origin = 'atlas'
    WHERE w.id = %(workflow)s AND w.organization_id = %(organization)s
),

made AS (
    INSERT INTO atlas.workflow_versions (
        workflow_id, organization_id, version, definition, definition_hash, origin, changes, executor
    )
    SELECT here.id, here.organization_id, here.next_version, %(definition)s, %(hash)s, 'atlas', %(changes)s, %(executor)s
    FROM here
    WHERE here.definition_hash IS DISTINCT FROM %(hash)s AND NOT (%(is_edited)s AND here.is_of_executor)
    RETURNING version
)

UPDATE atlas.workflows AS w
SET published_version = made.version, updated_at = w.updated_at,
    at_once = CASE WHEN %(executor)s = 'atlas_enhanced' THEN (%(definition)s::jsonb #>> '{settings,concurrency}')::integer END
FROM made
WHERE w.id = %(workflow)s AND w.organization_id = %(organization)s
