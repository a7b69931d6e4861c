-- What an earlier copy of a request was answered.
SELECT a.request_hash, a.status, a.answer::text AS answer
FROM atlas.api_answers AS a
WHERE a.organization_id = %(organization)s AND a.caller = %(caller)s AND a.idempotency_key = %(key)s
