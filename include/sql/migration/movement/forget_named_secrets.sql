-- Removes secrets under the computable ids that earlier releases gave them.
DELETE FROM atlas.secrets
WHERE id = any(%(ids)s::uuid [])
