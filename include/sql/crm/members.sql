-- People who work for an organization, with the address that the CRM has of them; memberships are read as principals are.
SELECT
    m.user_id AS id,
    string_agg(DISTINCT m.role, ',' ORDER BY m.role) AS roles,
    min({email}) AS email
FROM ({members}) AS m (user_id, organization_id, role, active, extra)
WHERE m.organization_id = %(organization)s AND coalesce(m.active, true)
GROUP BY m.user_id
ORDER BY m.user_id
