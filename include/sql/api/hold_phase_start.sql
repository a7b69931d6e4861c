-- Of copies of a request that starts a phase one comes first.
SELECT pg_advisory_xact_lock(hashtextextended('atlas.start_phase ' || %(subject_id)s::text, 0))
