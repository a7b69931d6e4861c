-- What became of a stretch whose rows each become one row: how many were written, known already or another run's; and the others, for Python.
SELECT
    count(*) FILTER (WHERE judged.is_plain AND judged.is_covered AND judged.known IS NULL) AS written,
    count(*) FILTER (WHERE judged.is_plain AND judged.is_covered AND judged.known = judged.inputs_hash) AS unchanged,
    count(*) FILTER (WHERE judged.is_plain AND NOT judged.is_covered) AS others,
    -- Apart from the counting, so that not every row is sorted for the few.
    ARRAY(
        SELECT other.source_id
        FROM judged AS other
        WHERE NOT other.is_plain OR (other.is_covered AND other.known <> other.inputs_hash)
        ORDER BY other.id
    ) AS rest
FROM judged
