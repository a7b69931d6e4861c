-- The published versions of a workflow, the newest first, behind one given; or one of them.
SELECT
    v.version, v.definition_hash, v.origin, v.executor, v.changes, v.created_at,
    CASE WHEN %(version)s::integer IS NOT NULL THEN v.definition::text END AS definition
FROM atlas.workflow_versions AS v
WHERE v.workflow_id = %(workflow)s
    AND (%(version)s::integer IS NULL OR v.version = %(version)s::integer)
    AND (%(before)s::integer IS NULL OR v.version < %(before)s::integer)
ORDER BY v.version DESC
LIMIT %(limit)s
