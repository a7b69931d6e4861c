-- The revision schema atlas is at.
SELECT version_num FROM atlas.schema_version
