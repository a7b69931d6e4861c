-- What stood in the on/off columns of a legacy row before our first write, put back since or not.
SELECT s.column_name, s.prior_value
FROM atlas.legacy_writes AS s
WHERE s.source_table = 'workflows' AND s.source_id = %(source_id)s AND s.column_name = any(%(columns)s::text [])
