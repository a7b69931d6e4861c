-- What the work of a request came to, with the work.
UPDATE atlas.api_answers
SET status = %(status)s, answer = %(answer)s::json
WHERE organization_id = %(organization)s AND caller = %(caller)s AND idempotency_key = %(key)s
