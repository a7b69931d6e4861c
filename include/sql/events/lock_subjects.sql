-- Lets events about the same subject be handled one after the other, whichever worker has them; always in the same order.
SELECT pg_advisory_xact_lock(k.key)
FROM (
    SELECT DISTINCT hashtextextended('atlas.events ' || s.organization_id || ' ' || s.subject, 0) AS key
    FROM json_to_recordset(%(subjects)s) AS s (organization_id text, subject text)
    ORDER BY key
) AS k
