-- Enters effects into the ledger. One that failed, was given up or skipped is intended again; any other stays as it is.
INSERT INTO atlas.effects AS e (
    organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, content, contact, intended_at, depth
)
SELECT
    x.organization_id, x.effect_key, x.execution_id, x.workflow_id, x.subject, x.node_id, x.kind, x.content, x.contact,
    x.intended_at, x.depth
FROM json_to_recordset(%(effects)s) AS x (
    place integer, organization_id uuid, effect_key text, execution_id uuid, workflow_id uuid, subject text,
    node_id text, kind text, content json, contact json, intended_at timestamptz, depth smallint
)
ORDER BY x.place
ON CONFLICT (organization_id, effect_key) DO UPDATE
    SET status = 'intended', content = excluded.content, contact = excluded.contact, intended_at = excluded.intended_at,
        depth = excluded.depth,
        finished_at = NULL, answer = NULL, error = NULL, waits_for = NULL,
        held_until = NULL, skip_reason = NULL, given_up = false
    WHERE e.status IN ('failed', 'cancelled', 'skipped')
RETURNING effect_key
