-- Lets no failed execution go on until the transaction ends: what looks finished stays so.
SELECT pg_advisory_xact_lock(822002, 0)
