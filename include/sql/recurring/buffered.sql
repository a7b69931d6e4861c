-- Occurrences that wait their turn, after the place given; of one schedule where one is given. Another sweep's are left to it.
SELECT
    b.organization_id::text AS organization, b.workflow_id::text AS workflow, b.trigger_key AS trigger, b.anchor AS key,
    b.due_at AS due, b.cause
FROM atlas.recurring_occurrences AS b
WHERE b.state = 'buffered'
    AND (b.organization_id, b.workflow_id, b.trigger_key) > (%(organization)s::uuid, %(workflow)s::uuid, %(trigger)s)
    AND (%(whose)s::uuid IS NULL OR b.workflow_id = %(whose)s)
ORDER BY b.organization_id, b.workflow_id, b.trigger_key
LIMIT %(limit)s
FOR UPDATE SKIP LOCKED
