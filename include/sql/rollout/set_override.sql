-- Sets a flag for one organization.
INSERT INTO atlas.flag_overrides (flag_key, organization_id, value, set_by, reason, set_at)
VALUES (%(key)s, %(organization_id)s, %(value)s::jsonb, %(set_by)s, %(reason)s, %(set_at)s)
ON CONFLICT (flag_key, organization_id) DO UPDATE SET
    value = excluded.value, set_by = excluded.set_by, reason = excluded.reason, set_at = excluded.set_at
