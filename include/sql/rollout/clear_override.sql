-- Forgets an organization's override of a flag.
DELETE FROM atlas.flag_overrides WHERE flag_key = %(key)s AND organization_id = %(organization_id)s
