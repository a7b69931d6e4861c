-- Of these secrets, those to which nothing of an organization may refer: another's, and connectors' credentials.
SELECT s.id::text
FROM atlas.secrets AS s
WHERE s.id = ANY(%(secrets)s::uuid[]) AND (s.organization_id IS DISTINCT FROM %(organization)s OR s.connector IS NOT NULL)
