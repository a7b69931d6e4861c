-- Keep a certificate; issuing it again for the same phase run replaces it.
INSERT INTO atlas.certificates AS certificates (
    id, organization_id, phase, phase_run_id, body, body_hash, issued_at
) VALUES (
    %(id)s, %(organization_id)s, %(phase)s, %(run_id)s, %(body)s, %(body_hash)s, %(at)s
)
ON CONFLICT (id) DO UPDATE SET
    body = excluded.body,
    body_hash = excluded.body_hash,
    issued_at = excluded.issued_at
