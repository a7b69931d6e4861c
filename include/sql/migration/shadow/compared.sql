-- Legacy workflows that this run has compared already.
SELECT shadowed.legacy_id
FROM atlas.shadow_workflows AS shadowed
WHERE shadowed.run_id = %(run_id)s AND shadowed.legacy_id = ANY(%(ids)s)
