-- The rows of a stretch as the statements around it read them: every column as text under its own name, what is named of_… as
-- translation reads it, typed, and the original. Nothing of a heavy row is unpacked.
SELECT
    source.*,
    CASE WHEN source.of_is_light THEN {content} END AS of_content
FROM (
    SELECT
        {texts},
        {typed}
    FROM (
        SELECT
            source.*,
            source.xmin AS of_xmin,
            {weight} AS of_weight
        FROM {table} AS source
        WHERE {range}
        OFFSET 0
    ) AS source
    OFFSET 0
) AS source
OFFSET 0
