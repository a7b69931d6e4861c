-- Legacy rows that have a workflow here.
SELECT w.source_id
FROM atlas.workflows AS w
WHERE w.source_table = 'workflows' AND w.source_id IS NOT NULL
ORDER BY w.source_id
