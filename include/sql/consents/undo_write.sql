-- Gives a legacy opt-in column the value back that it had before, unless it has changed since.
SELECT atlas.undo_consent_write(%(organization)s::uuid, %(id)s)
