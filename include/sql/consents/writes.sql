-- What was written to the legacy rows of a person, the newest first.
SELECT DISTINCT w.id, w.legacy_table, w.legacy_id, w.column_name, w.value_before, w.value_after, w.written_at, w.written_by, w.undone_at
FROM json_to_recordset(%(people)s) AS p (subject_table text, subject_id text)
INNER JOIN atlas.consent_writes AS w
    ON w.organization_id = %(organization)s::uuid AND w.legacy_table = p.subject_table AND w.legacy_id = p.subject_id
ORDER BY w.id DESC
