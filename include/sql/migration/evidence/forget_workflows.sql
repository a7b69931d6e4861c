-- Evidence of workflows that are no longer there.
DELETE FROM atlas.workflow_evidence AS evidence
WHERE NOT EXISTS (SELECT 1 FROM pg_temp.atlas_surveyed AS found WHERE found.legacy_id = evidence.legacy_id)
