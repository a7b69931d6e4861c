-- What the last survey found, as far as translation reads it.
SELECT legacy_id, classes::text
FROM atlas.workflow_evidence
