-- Publishes an event about a subject under the effect's key; false where it was published before.
SELECT atlas.emit_event(%(organization)s::uuid, %(type)s, %(subject)s, %(data)s::jsonb, %(key)s) AS emitted
