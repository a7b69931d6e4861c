-- A flag's overrides; one organization's where it is given.
SELECT o.flag_key, o.organization_id, o.value::text AS value, o.set_by, o.reason, o.set_at
FROM atlas.flag_overrides AS o
WHERE o.flag_key = %(key)s AND (%(organization_id)s::uuid IS NULL OR o.organization_id = %(organization_id)s)
ORDER BY o.organization_id
