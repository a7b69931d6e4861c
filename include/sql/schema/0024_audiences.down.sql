-- Removes saved audience queries and whom they found.
DROP FUNCTION IF EXISTS atlas.yearly_day(text);
DROP TABLE IF EXISTS atlas.audience_members, atlas.audience_runs, atlas.audiences;
