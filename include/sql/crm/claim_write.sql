-- Begins the writes of an effect under its key, and names it to capture triggers; no row comes back where it was written before.
INSERT INTO atlas.crm_writes (organization_id, effect_key, kind, subject)
SELECT %(organization)s::uuid, %(key)s::text, %(kind)s::text, %(subject)s::text
FROM
    set_config('atlas.effect_key', %(key)s::text, true) AS named,
    set_config('lock_timeout', %(patience)s, true) AS patience,
    -- A trigger of the old application that hangs must not hold the worker's thread past the effect's lease.
    set_config('statement_timeout', '30s', true) AS bound
WHERE named IS NOT NULL AND patience IS NOT NULL AND bound IS NOT NULL
ON CONFLICT (organization_id, effect_key) DO NOTHING
RETURNING written_at
