-- Where the counts of events wait to be compared with those of the last survey.
CREATE TEMPORARY TABLE atlas_counted (LIKE atlas.organization_events) ON COMMIT DROP
