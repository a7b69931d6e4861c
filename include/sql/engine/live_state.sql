-- Where a live execution stands.
SELECT s.begun, s.document::text AS document
FROM atlas.execution_states AS s
WHERE s.organization_id = %(organization)s AND s.execution_id = %(execution)s
