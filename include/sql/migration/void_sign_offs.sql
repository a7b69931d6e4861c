-- A signature is for one state of the source; when that changed, it is void.
UPDATE atlas.sign_offs
SET voided_at = %(at)s, void_reason = 'the source row changed'
WHERE workflow_id::text = ANY(%(ids)s)
    AND voided_at IS NULL
