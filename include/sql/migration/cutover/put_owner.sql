-- Notes who executes a workflow from now on, and gives every trigger of it the same owner. What changes hands between our own
-- executors keeps its fence.
WITH noted AS (
    INSERT INTO atlas.execution_owners AS kept (
        organization_id, workflow_id, owner, fenced_at, drained_at, decided_by, reason, decided_at, phase_run_id,
        status_before, fallback_version
    )
    VALUES (
        %(organization)s, %(workflow)s, %(owner)s, %(fenced_at)s, %(drained_at)s, %(by)s, %(reason)s, %(at)s, %(run_id)s,
        %(status_before)s, %(fallback_version)s
    )
    ON CONFLICT (organization_id, workflow_id, trigger_key) DO UPDATE
        SET owner = excluded.owner,
            fenced_at = CASE
                WHEN excluded.owner = 'atlas_enhanced' AND kept.owner = 'atlas_legacy' THEN kept.fenced_at
                ELSE excluded.fenced_at
            END,
            drained_at = CASE
                WHEN excluded.owner = 'atlas_enhanced' AND kept.owner = 'atlas_legacy' THEN kept.drained_at
                ELSE excluded.drained_at
            END,
            decided_by = excluded.decided_by, reason = excluded.reason, decided_at = excluded.decided_at,
            phase_run_id = excluded.phase_run_id, status_before = excluded.status_before,
            fallback_version = excluded.fallback_version
)
DELETE FROM atlas.execution_owners AS own
WHERE own.organization_id = %(organization)s AND own.workflow_id = %(workflow)s AND own.trigger_key <> ''
