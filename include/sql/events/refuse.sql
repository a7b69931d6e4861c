-- Keeps why subjects were not enrolled: the last time per subject and trigger, and how often.
INSERT INTO atlas.enrolment_refusals AS r (
    organization_id, subject, workflow_id, trigger_key, workflow_version, event_key, event_type, reason, explanation, leaves,
    occurred_at, refused_at
)
SELECT
    x.organization_id, x.subject, x.workflow_id, x.trigger_key, x.workflow_version, x.event_key, x.event_type, x.reason,
    x.explanation, x.leaves, x.occurred_at, coalesce(%(now)s, now())
FROM json_to_recordset(%(refusals)s) AS x (
    organization_id uuid, subject text, workflow_id uuid, trigger_key text, workflow_version integer, event_key text,
    event_type text, reason text, explanation text, leaves jsonb, occurred_at timestamptz
)
ORDER BY x.organization_id, x.subject, x.workflow_id, x.trigger_key
ON CONFLICT (organization_id, subject, workflow_id, trigger_key) DO UPDATE
    SET workflow_version = excluded.workflow_version, event_key = excluded.event_key, event_type = excluded.event_type,
        reason = excluded.reason, explanation = excluded.explanation, leaves = excluded.leaves,
        occurred_at = excluded.occurred_at, refused_at = excluded.refused_at, times = r.times + 1
