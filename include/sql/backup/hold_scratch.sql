-- Hold the lock under a scratch database's name: it says, to the whole server, that its maker lives.
SELECT pg_advisory_lock(hashtextextended('atlas scratch ' || %(name)s, 0))
