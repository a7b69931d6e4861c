-- The place behind all that shows now, and whether a place given lies beyond what this server has ever written.
SELECT
    pg_snapshot_xmin(pg_current_snapshot())::text AS transaction,
    coalesce(%(transaction)s::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()), false) AS is_beyond
