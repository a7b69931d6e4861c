-- Schedule triggers of workflows that came from legacy rows, with what decides whether they begin to fire here; of organizations,
-- or of all. The published version says what would fire, the draft where the workflow is not executed here in our own format.
SELECT
    w.id::text AS workflow,
    w.organization_id::text AS organization,
    w.source_id AS legacy_id,
    w.name,
    w.status,
    atlas.execution_owner(w.id, t.found ->> 'id') AS owner,
    t.found ->> 'id' AS trigger,
    (t.found -> 'parameters' -> 'schedule')::text AS schedule,
    EXISTS (
        SELECT 1
        FROM atlas.listening_triggers AS l
        WHERE l.workflow_id = w.id AND l.trigger_key = t.found ->> 'id' AND l.event_type = 'schedule'
    ) AS is_listening,
    EXISTS (
        SELECT 1
        FROM atlas.audit_log AS a
        WHERE a.subject_table = 'workflows' AND a.subject_id = w.id::text
            AND a.action = 'publish_version_' || w.published_version
    ) AS is_published_here,
    coalesce(e.evidence, 'unknown') AS evidence,
    coalesce(e.evidence = 'fires' AND (e.rule <> 'history' OR k.column_type = 'scheduled'), false) AS has_fired,
    r.last_triggered_at AS last_fired_at,
    ARRAY(
        SELECT DISTINCT s.code
        FROM atlas.sign_offs AS s
        WHERE s.workflow_id = w.id AND s.source_hash = m.source_hash AND s.voided_at IS NULL
        ORDER BY s.code
    ) AS signed
FROM atlas.workflows AS w
LEFT JOIN atlas.workflow_versions AS v
    ON v.workflow_id = w.id AND v.organization_id = w.organization_id AND v.version = w.published_version
    AND v.executor = 'atlas_enhanced' AND w.owner = 'atlas_enhanced'
CROSS JOIN LATERAL jsonb_array_elements(
    CASE
        WHEN jsonb_typeof(coalesce(v.definition, w.definition) -> 'triggers') = 'array'
            THEN coalesce(v.definition, w.definition) -> 'triggers'
        ELSE '[]'
    END
) AS t (found)
LEFT JOIN atlas.trigger_evidence AS e ON e.workflow_id = w.id AND e.trigger_key = t.found ->> 'id'
LEFT JOIN atlas.workflow_evidence AS k ON k.legacy_id = w.source_id
LEFT JOIN atlas.migration_ledger AS m ON m.source_table = w.source_table AND m.source_id = w.source_id
LEFT JOIN atlas.workflow_triggers AS r
    ON r.organization_id = w.organization_id AND r.workflow_id = w.id AND r.trigger_key = t.found ->> 'id'
WHERE
    w.source_table IS NOT NULL
    AND t.found ->> 'type' = 'schedule'
    AND (%(organizations)s::text [] IS NULL OR w.organization_id::text = any(%(organizations)s::text []))
ORDER BY w.organization_id, w.id, t.found ->> 'id'
