-- Whose a row is that a value refers to; no organization where it is shared by all.
SELECT json_build_object('organization', {organization})::text AS whose
FROM {table} AS found
WHERE found.id::text = lower(%(key)s) OR found.id::text = %(key)s
LIMIT 1
