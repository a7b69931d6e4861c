-- Puts workflows born here to rest; the next cutover of their organization switches them on again.
UPDATE atlas.workflows AS w
SET status = 'paused', intended_status = 'active', updated_at = w.updated_at
WHERE w.id = any(%(workflows)s::uuid []) AND w.source_table IS NULL AND w.status = 'active'
