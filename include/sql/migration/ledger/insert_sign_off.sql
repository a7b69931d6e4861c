-- One signature for one change of meaning of one workflow, as its source is now.
INSERT INTO atlas.sign_offs (organization_id, workflow_id, code, source_hash, signed_by, reason)
VALUES (%(organization_id)s, %(workflow_id)s, %(code)s, %(source_hash)s, %(by)s, %(reason)s)
