-- Forgets that occurrences wait their turn, since they have started.
DELETE FROM atlas.recurring_occurrences AS b
USING json_to_recordset(%(started)s) AS a (organization_id uuid, workflow_id uuid, trigger_key text, anchor text)
WHERE b.organization_id = a.organization_id AND b.workflow_id = a.workflow_id AND b.trigger_key = a.trigger_key
    AND b.anchor = a.anchor AND b.state = 'buffered'
