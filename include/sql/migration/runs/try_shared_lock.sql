-- Share a session lock with others, unless somebody has it alone.
SELECT pg_try_advisory_lock_shared(hashtextextended(%(name)s, 0))
