-- Notes when the next effects of locked limits would go out if they went out evenly.
UPDATE atlas.connector_limits AS l
SET next_at = x.next_at
FROM json_to_recordset(%(charged)s) AS x (organization_id uuid, kind text, next_at timestamptz)
WHERE l.organization_id = x.organization_id AND l.kind = x.kind
