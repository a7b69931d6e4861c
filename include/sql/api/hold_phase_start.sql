-- Of requests that start phases one comes after the other, so that each sees what the one before noted.
SELECT pg_advisory_xact_lock(hashtextextended('atlas.start_phase', 0))
