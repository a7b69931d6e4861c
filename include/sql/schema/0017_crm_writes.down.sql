-- Removes what 0017 made.
DROP INDEX atlas.effects_texts;
DROP TABLE atlas.crm_writes;
