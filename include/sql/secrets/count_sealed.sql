-- How many sealed values there are, per table.
SELECT
    (SELECT count(*) FROM atlas.secrets) AS secrets,
    (SELECT count(*) FROM atlas.originals WHERE sealed IS NOT NULL) AS originals
