-- Legacy ids of the workflows that are executed here: from their cutover on this side decides about them.
SELECT w.source_id
FROM atlas.workflows AS w
WHERE w.source_table = 'workflows' AND w.owner <> 'legacy_app'
