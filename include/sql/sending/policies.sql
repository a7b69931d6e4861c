-- The send policies of organizations that have one.
SELECT p.organization_id::text, p.document::text
FROM atlas.send_policies AS p
WHERE p.organization_id = ANY(%(organizations)s::uuid[])
