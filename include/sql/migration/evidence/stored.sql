-- What the last survey found, as far as translation reads it.
SELECT legacy_id, seen, by_hand, steps::text
FROM atlas.workflow_evidence
