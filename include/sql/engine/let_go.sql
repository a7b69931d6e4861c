-- Wakes a live execution whatever holds it back: it is to be told that it is cancelled.
UPDATE atlas.workflow_execution_queue AS q
SET ready = true, admitted = true, again = false, waits_for = NULL
WHERE q.organization_id = %(organization)s AND q.execution_id = %(execution)s AND q.waits_for IS NOT NULL
