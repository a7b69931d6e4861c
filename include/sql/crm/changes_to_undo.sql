-- What an effect changed in the CRM and was not taken back, locked.
SELECT w.changes::text AS changes
FROM atlas.crm_writes AS w
WHERE
    w.organization_id = %(organization)s
    AND w.effect_key = %(key)s
    AND w.undone_at IS NULL
    AND json_array_length(w.changes) > 0
FOR UPDATE
