-- Whether the counts of an occurrence add up: by outcome, by the queue's answers, and against the executions themselves.
SELECT
    r.organization_id::text AS organization_id,
    r.occurrence,
    CASE
        WHEN r.matched = (SELECT coalesce(sum(o.entrants::integer), 0) FROM jsonb_each_text(r.outcomes) AS o (outcome, entrants))
            THEN 'yes'
        ELSE 'no'
    END AS adds_up_by_outcome,
    CASE WHEN r.matched = r.started + r.enrolled + r.refused + r.not_again THEN 'yes' ELSE 'no' END AS adds_up_by_answer,
    CASE
        WHEN r.started = (
            SELECT count(*)
            FROM atlas.audience_members AS m
            INNER JOIN atlas.workflow_executions AS x
                ON x.organization_id = m.organization_id AND x.id = m.execution_id AND x.workflow_id = r.workflow_id
            WHERE m.organization_id = r.organization_id AND m.run_id = r.id AND m.answer = 'started'
                AND x.started_at >= %(since)s
        ) THEN 'yes'
        ELSE 'no'
    END AS has_as_many_executions,
    CASE WHEN r.asked_all_at IS NOT NULL THEN 'yes' ELSE 'no' END AS asked_everybody,
    CASE WHEN r.stopped IS NULL THEN 'yes' ELSE 'no' END AS went_through
FROM atlas.audience_runs AS r
WHERE r.organization_id = %(organization)s AND r.id = %(run)s
