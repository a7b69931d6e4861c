-- Where a user belongs and what he may do there, as the membership tables say.
SELECT p.organization_id::text AS organization, p.permissions
FROM atlas.principals AS p
WHERE p.user_id = %(user)s
ORDER BY p.organization_id
