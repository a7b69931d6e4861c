-- A new phase run.
INSERT INTO atlas.phase_runs (id, phase, status, scope, options, dry_run, started_at, actor, summary)
VALUES (%(id)s, %(phase)s, 'running', %(scope)s, %(options)s, false, %(at)s, %(actor)s, %(driver)s)
