-- Notes who executes a workflow from now on, and gives every trigger of it the same owner.
WITH kept AS (
    INSERT INTO atlas.execution_owners (
        organization_id, workflow_id, owner, fenced_at, drained_at, decided_by, reason, decided_at, phase_run_id
    )
    VALUES (
        %(organization)s, %(workflow)s, %(owner)s, %(fenced_at)s, %(drained_at)s, %(by)s, %(reason)s, %(at)s, %(run_id)s
    )
    ON CONFLICT (organization_id, workflow_id, trigger_key) DO UPDATE
        SET owner = excluded.owner, fenced_at = excluded.fenced_at, drained_at = excluded.drained_at,
            decided_by = excluded.decided_by, reason = excluded.reason, decided_at = excluded.decided_at,
            phase_run_id = excluded.phase_run_id
)
DELETE FROM atlas.execution_owners AS own
WHERE own.organization_id = %(organization)s AND own.workflow_id = %(workflow)s AND own.trigger_key <> ''
