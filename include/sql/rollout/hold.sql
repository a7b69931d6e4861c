-- Keeps whoever changes or goes by a phase's rollout out until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('atlas rollout ' || %(phase)s, 0))
