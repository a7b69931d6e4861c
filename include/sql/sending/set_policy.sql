-- Sets an organization's send policy.
INSERT INTO atlas.send_policies (organization_id, document, set_by, reason)
VALUES (%(organization)s::uuid, %(document)s::jsonb, %(by)s, %(reason)s)
ON CONFLICT (organization_id) DO UPDATE
    SET document = excluded.document, set_by = excluded.set_by, reason = excluded.reason, set_at = now()
