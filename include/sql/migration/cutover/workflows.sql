-- Workflows of organizations that came from legacy rows, with what a cutover decides by.
SELECT
    w.id::text AS workflow,
    w.organization_id::text AS organization,
    w.source_id,
    w.owner,
    w.status,
    w.awaiting_sign_off,
    w.definition::text,
    NOT EXISTS (
        SELECT 1
        FROM atlas.captured_changes AS c
        WHERE c.source_table = w.source_table AND c.source_id = w.source_id
    ) AS is_settled,
    coalesce(
        (
            SELECT json_agg(json_build_array(e.trigger_key, e.trigger_type, e.evidence, e.rule) ORDER BY e.trigger_key)
            FROM atlas.trigger_evidence AS e
            WHERE e.workflow_id = w.id AND e.organization_id = w.organization_id
        ),
        '[]'
    ) AS triggers
FROM atlas.workflows AS w
WHERE
    w.source_table = 'workflows'
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
ORDER BY w.organization_id, w.id
