-- Seals an endpoint's secret under a random id.
INSERT INTO atlas.secrets AS s (id, organization_id, sealed, key_id, hint)
VALUES (gen_random_uuid(), %(organization)s, %(sealed)s, %(key_id)s, %(hint)s)
RETURNING s.id
