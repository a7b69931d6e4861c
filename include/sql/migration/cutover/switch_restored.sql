-- An on/off column is as it was before; or somebody had changed it meanwhile, and theirs was left alone; or it stays off,
-- because the workflow was switched off here: an edit like any other (projected).
UPDATE atlas.legacy_writes AS s
SET kind = %(kind)s, restored_at = %(at)s, found_value = %(found)s
WHERE
    s.organization_id = %(organization)s AND s.source_table = 'workflows' AND s.source_id = %(source_id)s
    AND s.column_name = %(column_name)s AND s.restored_at IS NULL
