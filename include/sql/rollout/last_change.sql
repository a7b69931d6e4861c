-- Who put a flag last, when and why.
SELECT
    actor,
    at,
    reason
FROM atlas.audit_log
WHERE action = 'put_flag' AND subject_table = 'flags' AND subject_id = %(key)s
ORDER BY id DESC
LIMIT 1
