-- Export the snapshot, so that a second session may look at the very same state, and say when it was taken.
SELECT
    pg_export_snapshot() AS snapshot,
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS taken_at
