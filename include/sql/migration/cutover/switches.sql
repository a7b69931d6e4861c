-- What stood in the on/off columns of legacy rows before we set them, and what we set them to, where it was not put back.
SELECT
    s.source_id,
    s.column_name,
    s.prior_value,
    s.written_value
FROM atlas.legacy_writes AS s
WHERE s.source_table = 'workflows' AND s.kind = 'switch' AND s.restored_at IS NULL AND s.source_id = any(%(ids)s::text [])
