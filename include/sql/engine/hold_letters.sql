-- Lets no day be dropped until the transaction ends: a failed execution goes on whose steps may be of that day.
SELECT pg_advisory_xact_lock_shared(822002, 0)
