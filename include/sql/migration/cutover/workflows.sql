-- Workflows of organizations that came from legacy rows, with what a cutover decides by.
SELECT
    w.id::text AS workflow,
    w.organization_id::text AS organization,
    w.source_id,
    w.owner,
    CASE
        WHEN w.owner <> 'atlas_legacy' OR w.status <> 'active' THEN w.status
        WHEN w.awaiting_sign_off THEN coalesce(o.status_before, w.status)
        ELSE coalesce(w.intended_status, o.status_before, w.status)
    END AS status,
    w.awaiting_sign_off,
    w.definition::text,
    EXISTS (
        SELECT 1
        FROM atlas.workflow_versions AS v
        WHERE v.workflow_id = w.id AND v.version = w.published_version AND v.executor = 'atlas_enhanced'
    ) AS is_published,
    NOT EXISTS (
        SELECT 1
        FROM atlas.captured_changes AS c
        WHERE c.source_table = w.source_table AND c.source_id = w.source_id
    ) AS is_settled,
    coalesce(
        (
            SELECT json_agg(json_build_array(e.trigger_key, e.trigger_type, e.evidence) ORDER BY e.trigger_key)
            FROM atlas.trigger_evidence AS e
            WHERE e.workflow_id = w.id AND e.organization_id = w.organization_id
        ),
        '[]'
    ) AS triggers,
    ARRAY(
        SELECT DISTINCT s.code
        FROM atlas.sign_offs AS s
        WHERE s.workflow_id = w.id AND s.source_hash = l.source_hash AND s.voided_at IS NULL
        ORDER BY s.code
    ) AS signed
FROM atlas.workflows AS w
LEFT JOIN atlas.execution_owners AS o
    ON w.organization_id = o.organization_id AND w.id = o.workflow_id AND o.trigger_key = ''
LEFT JOIN atlas.migration_ledger AS l ON w.source_table = l.source_table AND w.source_id = l.source_id
WHERE
    w.source_table = 'workflows'
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
ORDER BY w.organization_id, w.id
