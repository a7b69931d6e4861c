-- Notes occurrences that were decided and do not start: passed over, or buffered. One that waits its turn keeps its place.
INSERT INTO atlas.recurring_occurrences (
    organization_id, workflow_id, trigger_key, anchor, due_at, cause, state, why, tzdata, decided_at
)
SELECT a.organization_id, a.workflow_id, a.trigger_key, a.anchor, a.due_at, a.cause, a.state, a.why, a.tzdata, a.decided_at
FROM json_to_recordset(%(notes)s) AS a (
    organization_id uuid, workflow_id uuid, trigger_key text, anchor text, due_at timestamptz, cause text, state text, why text,
    tzdata text, decided_at timestamptz
)
ON CONFLICT (organization_id, workflow_id, trigger_key, anchor) DO UPDATE
SET state = excluded.state, why = excluded.why, decided_at = excluded.decided_at, cause = excluded.cause
