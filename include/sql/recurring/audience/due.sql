-- Whether anything of those whom an audience found has to be done now: an execution, or an effect. What waits does not count.
SELECT
    EXISTS (
        SELECT FROM atlas.execution_states AS s
        INNER JOIN atlas.workflow_execution_queue AS q
            ON q.organization_id = s.organization_id AND q.execution_id = s.execution_id
        INNER JOIN atlas.audience_members AS m
            ON m.organization_id = s.organization_id AND m.run_id = %(run)s AND m.subject = s.subject
            AND m.execution_id = s.execution_id
        WHERE s.organization_id = %(organization)s AND s.workflow_id = %(workflow)s
            AND (q.ready OR q.leased OR (q.due_at <= now() AND q.waits_for IS DISTINCT FROM 'workflow_paused'))
    )
    OR EXISTS (
        SELECT FROM atlas.effects AS f
        INNER JOIN atlas.audience_members AS m
            ON m.organization_id = f.organization_id AND m.run_id = %(run)s AND m.subject = f.subject
            AND m.execution_id = f.execution_id
        WHERE f.organization_id = %(organization)s AND f.workflow_id = %(workflow)s
            AND (f.status = 'dispatching' OR (f.status = 'intended' AND f.waits_for IS NULL))
    )
