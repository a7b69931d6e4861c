-- Forgets what executions of a partition that is about to go did and entered by, a bite at a time: finished effects with what
-- they wrote to the CRM, and enrolments that a later one of the subject outlives. Where somebody has to decide, it stays.
WITH gone AS MATERIALIZED (
    SELECT p.organization_id, p.id, p.workflow_id, p.subject
    FROM {partition} AS p
    WHERE p.id > %(after)s
    ORDER BY p.id
    LIMIT %(limit)s
),
ledger AS MATERIALIZED (
    DELETE FROM atlas.effects AS e
    USING gone AS g
    WHERE e.organization_id = g.organization_id AND e.execution_id = g.id
        AND e.status IN ('done', 'failed', 'cancelled', 'skipped')
    RETURNING e.organization_id, e.effect_key
),
writes AS (
    DELETE FROM atlas.crm_writes AS w
    USING ledger AS l
    WHERE w.organization_id = l.organization_id AND w.effect_key = l.effect_key
    RETURNING 1
),
entries AS (
    DELETE FROM atlas.enrolments AS n
    USING gone AS g
    -- The anchor of whoever may enter once, and the last entry, say that somebody was in the workflow: they stay for good.
    WHERE n.organization_id = g.organization_id AND n.workflow_id = g.workflow_id AND n.subject = g.subject
        AND n.execution_id = g.id AND n.anchor <> 'once'
        AND EXISTS (
            SELECT FROM atlas.enrolments AS later
            WHERE later.organization_id = n.organization_id AND later.workflow_id = n.workflow_id
                AND later.subject = n.subject AND later.enrolled_at > n.enrolled_at
        )
    RETURNING 1
)
SELECT
    (SELECT g.id::text FROM gone AS g ORDER BY g.id DESC LIMIT 1) AS after,
    (SELECT count(*) FROM ledger) AS effects,
    (SELECT count(*) FROM writes) AS crm_writes,
    (SELECT count(*) FROM entries) AS enrolments
