-- Take some captured changes away, skipping those another reader holds; a rollback puts them back.
DELETE FROM atlas.captured_changes
WHERE ctid = ANY(
    ARRAY(
        SELECT ctid
        FROM atlas.captured_changes
        WHERE source_table = ANY(%(tables)s)
        LIMIT %(limit)s
        FOR UPDATE SKIP LOCKED
    )
)
RETURNING source_table, source_id, operation
