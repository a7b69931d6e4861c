-- Take a session lock, waiting for whoever has it.
SELECT pg_advisory_lock(hashtextextended(%(name)s, 0))
