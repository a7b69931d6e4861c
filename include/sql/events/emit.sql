-- Says that something happened; false where the key is known already.
SELECT atlas.emit_event(%(organization)s, %(type)s, %(subject)s, %(data)s::jsonb, %(key)s, %(anchor)s)
