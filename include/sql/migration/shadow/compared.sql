-- What this run has compared already and found nothing unexplained in, with the hashes of what it compared.
SELECT
    shadowed.legacy_id,
    shadowed.definition_hash,
    shadowed.source_hash
FROM atlas.shadow_workflows AS shadowed
WHERE shadowed.run_id = %(run_id)s AND shadowed.legacy_id = ANY(%(ids)s) AND shadowed.unexplained = 0
    AND shadowed.rules = %(rules)s
