-- Events since a moment: how many, how many handled, how many executions they started and subjects they did not enrol, how many failed.
SELECT
    count(*) AS events, count(e.handled_at) AS handled, coalesce(sum(e.started), 0)::bigint AS started,
    coalesce(sum(e.refused), 0)::bigint AS refused, count(e.error) AS failed
FROM atlas.event_outbox AS e
WHERE e.occurred_at >= %(since)s AND (%(organizations)s::uuid [] IS NULL OR e.organization_id = ANY(%(organizations)s))
