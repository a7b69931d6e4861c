-- Keep a certificate; those that were issued before stay beside it.
INSERT INTO atlas.certificates (
    id, number, organization_id, phase, phase_run_id, body, body_hash, signature, issued_at
) VALUES (
    %(id)s, %(number)s, %(organization_id)s, %(phase)s, %(run_id)s, %(body)s, %(body_hash)s, %(signature)s, %(at)s
)
