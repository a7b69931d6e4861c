-- Seals a connector's credential for an organization, in place of the one before; its id is random.
INSERT INTO atlas.secrets AS s (id, organization_id, connector, sealed, key_id, hint)
VALUES (gen_random_uuid(), %(organization)s, %(connector)s, %(sealed)s, %(key_id)s, %(hint)s)
ON CONFLICT (organization_id, connector) WHERE connector IS NOT NULL DO UPDATE
    SET sealed = excluded.sealed, key_id = excluded.key_id, hint = excluded.hint, rotated_at = now()
RETURNING s.id
