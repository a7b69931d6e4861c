-- Keeps whoever changes a phase's rollout out until the transaction ends; those who go by it work side by side.
SELECT pg_advisory_xact_lock_shared(hashtextextended('atlas rollout ' || %(phase)s, 0))
