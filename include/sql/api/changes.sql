-- What happened in an organization behind a place given: decisions, and executions that started and ended. An entry shows once
-- every transaction that began before its own has ended, so that none comes up behind the place later. Within a transaction
-- decisions (0) come before starts (1) and ends (2).
SELECT c.*
FROM (
    (
        SELECT
            a.written_by::text::bigint AS transaction, 0 AS kind, a.id::text AS key, a.at, a.action, a.subject_table, a.subject_id
        FROM atlas.audit_log AS a
        WHERE a.organization_id = %(organization)s
            AND a.written_by < pg_snapshot_xmin(pg_current_snapshot())
            AND (a.written_by, a.id) > (%(transaction)s::text::xid8, CASE WHEN %(kind)s = 0 THEN %(id)s::bigint ELSE 9223372036854775807 END)
        ORDER BY a.written_by, a.id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT
            e.started_by, 1, e.id::text, e.started_at, 'execution_started', 'workflow_executions', e.id::text
        FROM atlas.workflow_executions AS e
        WHERE e.organization_id = %(organization)s
            AND e.started_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
            AND e.started_by >= %(transaction)s::bigint
            AND (
                e.started_by > %(transaction)s::bigint OR %(kind)s < 1
                OR (%(kind)s = 1 AND e.id > %(execution)s::uuid)
            )
        ORDER BY e.started_by, e.id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT
            e.ended_by, 2, e.id::text, e.completed_at, 'execution_ended', 'workflow_executions', e.id::text
        FROM atlas.workflow_executions AS e
        WHERE e.organization_id = %(organization)s
            AND e.ended_by < pg_snapshot_xmin(pg_current_snapshot())::text::bigint
            AND e.ended_by >= %(transaction)s::bigint
            AND (
                e.ended_by > %(transaction)s::bigint OR %(kind)s < 2
                OR (%(kind)s = 2 AND e.id > %(execution)s::uuid)
            )
        ORDER BY e.ended_by, e.id
        LIMIT %(limit)s
    )
) AS c
ORDER BY c.transaction, c.kind, CASE WHEN c.kind = 0 THEN c.key::bigint END, c.key
LIMIT %(limit)s
