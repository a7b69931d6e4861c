-- Removes the log of exposures.
DROP INDEX atlas.workflows_by_owner;
DROP TABLE atlas.exposures;
