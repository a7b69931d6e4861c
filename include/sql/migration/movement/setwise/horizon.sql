-- The oldest transaction that is still open in this snapshot: whatever an older one wrote, the snapshot shows.
SELECT pg_snapshot_xmin(pg_current_snapshot())::xid::text
