-- Saves a draft that was read at a revision; raises serialization_failure where somebody was faster.
SELECT atlas.save_draft(%(id)s, %(revision)s, %(definition)s::jsonb, %(user)s)
