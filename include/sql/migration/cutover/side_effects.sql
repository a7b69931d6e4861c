-- Values that our own writes left in legacy rows beside the on/off column, with what stood there before.
SELECT
    w.source_id,
    w.column_name,
    w.prior_value,
    w.written_value
FROM atlas.legacy_writes AS w
WHERE w.source_table = 'workflows' AND w.kind IN ('touched', 'projected')
ORDER BY w.source_id, w.column_name
