-- One decision at a time about a person: whoever counts messages for a cap sees those that others have just let go.
SELECT pg_advisory_xact_lock(keys.key)
FROM (
    SELECT DISTINCT hashtextextended('atlas.sending ' || p.organization_id || ' ' || p.subject_id, 0) AS key
    FROM json_to_recordset(%(people)s) AS p (organization_id text, subject_id text)
    ORDER BY key
    OFFSET 0
) AS keys
