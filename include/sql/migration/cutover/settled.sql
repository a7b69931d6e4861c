-- Which of these legacy rows have no change that waits to be taken up, as of now and not as of an earlier look.
SELECT given.id
FROM unnest(%(ids)s::text []) AS given (id)
WHERE NOT EXISTS (
    SELECT 1
    FROM atlas.captured_changes AS c
    WHERE c.source_table = 'workflows' AND c.source_id = given.id
)
