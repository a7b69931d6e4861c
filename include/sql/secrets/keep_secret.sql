-- Seals a secret of an organization under an id that says what it is for, in place of the one before.
INSERT INTO atlas.secrets AS s (id, organization_id, sealed, key_id, hint)
VALUES (%(id)s, %(organization)s, %(sealed)s, %(key_id)s, %(hint)s)
ON CONFLICT (id) DO UPDATE
    SET sealed = excluded.sealed, key_id = excluded.key_id, hint = excluded.hint, rotated_at = now()
    WHERE s.organization_id = excluded.organization_id
