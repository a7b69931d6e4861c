-- The first of several copies of a request gets the row; the others wait here until its transaction has ended.
INSERT INTO atlas.api_answers (organization_id, caller, idempotency_key, request_hash, answered_at)
VALUES (%(organization)s, %(caller)s, %(key)s, %(hash)s, %(now)s)
ON CONFLICT DO NOTHING
