-- Keeps what an effect changed, with the values from before, and what its step was told.
UPDATE atlas.crm_writes
SET changes = %(changes)s, result = %(result)s, contact = %(contact)s
WHERE organization_id = %(organization)s AND effect_key = %(key)s
