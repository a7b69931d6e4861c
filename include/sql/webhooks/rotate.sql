-- Puts a new secret in place of an endpoint's; the one before counts until the overlap ends. No row while another overlap
-- lasts, unless it shall end.
UPDATE atlas.workflow_webhooks AS w
SET
    secret_id = %(secret_id)s,
    previous_secret_id = CASE WHEN %(until)s > now() THEN w.secret_id END,
    previous_until = CASE WHEN %(until)s > now() AND w.secret_id IS NOT NULL THEN %(until)s END
WHERE w.organization_id = %(organization)s AND w.endpoint_id = %(endpoint_id)s
    AND (%(end_overlap)s OR w.previous_until IS NULL OR w.previous_until <= now())
