-- The secrets that an endpoint refers to; it stays as it is until the transaction ends.
SELECT array_remove(ARRAY[w.secret_id, w.previous_secret_id], NULL) AS secrets
FROM atlas.workflow_webhooks AS w
WHERE w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
FOR NO KEY UPDATE
