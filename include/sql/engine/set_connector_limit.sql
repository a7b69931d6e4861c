-- Sets how many effects of a kind may be sent at once and a minute.
INSERT INTO atlas.connector_limits (organization_id, kind, at_once, per_minute)
VALUES (%(organization)s, %(kind)s, %(at_once)s, %(per_minute)s)
ON CONFLICT (organization_id, kind) DO UPDATE SET at_once = excluded.at_once, per_minute = excluded.per_minute
