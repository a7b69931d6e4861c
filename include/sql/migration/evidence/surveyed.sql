-- Where the findings of a survey wait to be compared with those of the last one.
CREATE TEMPORARY TABLE atlas_surveyed (LIKE atlas.workflow_evidence) ON COMMIT DROP
