-- Keeps a version in the old format beside the published one; one that is there already is kept once.
WITH known AS (
    SELECT max(v.version) AS version
    FROM atlas.workflow_versions AS v
    WHERE v.workflow_id = %(workflow)s AND v.executor = %(executor)s AND v.definition_hash = %(hash)s
),

made AS (
    INSERT INTO atlas.workflow_versions (
        workflow_id, organization_id, version, definition, definition_hash, origin, changes, executor
    )
    SELECT
        %(workflow)s,
        %(organization)s,
        coalesce((SELECT max(v.version) FROM atlas.workflow_versions AS v WHERE v.workflow_id = %(workflow)s), 0) + 1,
        %(definition)s,
        %(hash)s,
        'atlas',
        %(changes)s,
        %(executor)s
    FROM known
    WHERE known.version IS NULL
    RETURNING version
)

SELECT coalesce(known.version, (SELECT made.version FROM made)) AS version
FROM known
