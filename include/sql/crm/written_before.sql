-- What the step was told when the effect was written.
SELECT
    w.result::text AS result,
    w.contact::text AS contact
FROM atlas.crm_writes AS w
WHERE w.organization_id = %(organization)s AND w.effect_key = %(key)s
