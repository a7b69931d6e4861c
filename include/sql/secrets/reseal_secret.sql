-- The same secret under another key.
UPDATE atlas.secrets
SET sealed = %(sealed)s, key_id = %(key_id)s, rotated_at = %(at)s
WHERE id = %(place)s::uuid
