-- Notes that the changes of an effect were taken back, and by whom.
UPDATE atlas.crm_writes
SET undone_at = now(), undone_by = %(by)s
WHERE organization_id = %(organization)s AND effect_key = %(key)s
