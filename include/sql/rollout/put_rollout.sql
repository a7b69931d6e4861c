-- Ties a phase to its cohort.
INSERT INTO atlas.rollouts (phase, cohort, changed_at)
VALUES (%(phase)s, %(cohort)s, %(at)s)
ON CONFLICT (phase) DO UPDATE SET cohort = excluded.cohort, changed_at = excluded.changed_at
