-- The originals of the rows that a set-wise statement moves; nothing in them is a secret, so none is sealed.
INSERT INTO atlas.originals (
    source_table, source_id, organization_id, content, sealed, content_hash, first_seen_run, updated_run
)
SELECT
    {name},
    moved.source_id,
    moved.organization_id,
    moved.content,
    NULL,
    moved.source_hash,
    %(run_id)s AS first_seen_run,
    %(run_id)s AS updated_run
FROM moved
