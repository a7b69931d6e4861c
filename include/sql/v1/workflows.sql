-- A page of an organization's workflows as v1 shows them, or one of them; what was sent to v1 only while the draft is what it became.
SELECT
    w.id::text AS id, w.organization_id::text AS organization, w.name, w.description, w.status, w.owner, w.tags, w.revision,
    w.definition::text AS definition, w.total_executions, w.successful_executions, w.failed_executions,
    w.avg_execution_time_ms, w.last_run_at, w.created_at, w.updated_at, w.published_version,
    CASE WHEN w.source_table = 'workflows' AND w.revision = 1 THEN w.source_id END AS source_id,
    d.document::text AS document
FROM atlas.workflows AS w
LEFT JOIN atlas.v1_documents AS d
    ON d.workflow_id = w.id AND d.organization_id = w.organization_id AND d.of_draft = md5(w.definition::text)
WHERE w.organization_id = %(organization)s
    AND (%(id)s::uuid IS NULL OR w.id = %(id)s::uuid)
    AND (%(id)s::uuid IS NOT NULL OR w.status = ANY(%(statuses)s::text[]))
    AND (%(search)s::text IS NULL OR position(lower(%(search)s::text) IN lower(w.name)) > 0)
    AND (%(trigger_type)s::text IS NULL OR EXISTS (
        SELECT FROM jsonb_path_query(w.definition, '$.triggers[*].type') AS t (type)
        WHERE t.type = to_jsonb(%(trigger_type)s::text)
    ))
ORDER BY {sorting}
LIMIT %(limit)s OFFSET %(skip)s
