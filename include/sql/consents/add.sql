-- Adds what somebody said to the consent ledger; their own row where the old application has one.
INSERT INTO atlas.consents (
    organization_id, subject_table, subject_id, channel, state, basis, effective_at, evidence_hash
) VALUES (
    %(organization)s, %(subject_table)s, %(subject)s, %(channel)s, %(state)s, 'atlas', coalesce(%(at)s, now()),
    encode(sha256(convert_to(%(evidence)s, 'UTF8')), 'hex')
)
RETURNING id, effective_at
