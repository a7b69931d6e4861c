-- Take a session lock if nobody has it.
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0))
