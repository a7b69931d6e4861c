-- Makes a flag or replaces what is known of it.
INSERT INTO atlas.flags (
    key, type, default_value, owner, expires_at, reason, description, cohort, cohort_value
)
VALUES (
    %(key)s, %(type)s, %(default_value)s::jsonb, %(owner)s, %(expires_at)s, %(reason)s, %(description)s, %(cohort)s,
    %(cohort_value)s::jsonb
)
ON CONFLICT (key) DO UPDATE SET
    type = excluded.type, default_value = excluded.default_value, owner = excluded.owner,
    expires_at = excluded.expires_at, reason = excluded.reason, description = excluded.description,
    cohort = excluded.cohort, cohort_value = excluded.cohort_value
