-- Takes back 0008_lineage.up.sql.

ALTER TABLE atlas.secrets DROP COLUMN phase;
