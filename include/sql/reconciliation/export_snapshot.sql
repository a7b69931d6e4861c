-- Export the snapshot, so that a second session may look at the very same state: its name, @, and when it was taken.
SELECT pg_export_snapshot() || '@' || to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS snapshot
