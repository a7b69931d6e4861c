-- Legacy tables whose changes are noted: whether every member of the table has what it needs to name the table itself,
-- and whether all of that fires whatever session_replication_role says.
WITH RECURSIVE family AS (
    SELECT
        cls.relname AS root,
        cls.oid,
        cls.relispartition
    FROM pg_catalog.pg_class AS cls
    INNER JOIN pg_catalog.pg_trigger AS trg ON cls.oid = trg.tgrelid
    WHERE
        cls.relnamespace = to_regnamespace(%(schema)s)
        AND NOT cls.relispartition
        AND trg.tgname = 'atlas_capture'
        AND NOT trg.tgisinternal
        AND trg.tgenabled <> 'D'
    UNION ALL
    SELECT
        family.root,
        inh.inhrelid,
        cls.relispartition
    FROM family
    INNER JOIN pg_catalog.pg_inherits AS inh ON family.oid = inh.inhparent
    INNER JOIN pg_catalog.pg_class AS cls ON inh.inhrelid = cls.oid
),

noted AS (
    SELECT
        family.root,
        split_part(encode(per_row.tgargs, 'escape'), '\000', 1) = family.root AS names_root,
        family.root = cls.relname AS is_root,
        coalesce(per_row.tgenabled, 'D') <> 'D' AS notes_rows,
        coalesce(per_row.tgenabled, 'D') = 'A' AND coalesce(whole.tgenabled, 'D') = 'A' AS always
    FROM family
    INNER JOIN pg_catalog.pg_class AS cls ON family.oid = cls.oid
    LEFT JOIN pg_catalog.pg_trigger AS per_row
        ON family.oid = per_row.tgrelid AND per_row.tgname = 'atlas_capture'
    LEFT JOIN pg_catalog.pg_trigger AS whole
        ON family.oid = whole.tgrelid AND whole.tgname = 'atlas_capture_truncate'
)

SELECT
    noted.root,
    bool_and(noted.notes_rows AND (coalesce(noted.names_root, FALSE) OR noted.is_root)) AS is_captured,
    bool_and(noted.always AND coalesce(noted.names_root, FALSE)) AS always
FROM noted
GROUP BY noted.root
ORDER BY noted.root
