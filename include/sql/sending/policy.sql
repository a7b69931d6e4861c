-- The send policy of one organization, and who set it.
SELECT p.document::text, p.set_by, p.reason, p.set_at
FROM atlas.send_policies AS p
WHERE p.organization_id = %(organization)s::uuid
