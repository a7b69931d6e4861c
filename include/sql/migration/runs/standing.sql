-- Of runs that stand as running: who began them, whether somebody is at work on them, and when they last got on.
SELECT
    run.id,
    run.summary -> 'driver' AS driver,
    EXISTS (
        SELECT 1
        FROM atlas.phase_run_steps AS step
        WHERE step.phase_run_id = run.id AND step.status = 'running'
    ) AS in_a_step,
    NOT EXISTS (
        SELECT 1
        FROM atlas.phase_runs AS later
        WHERE later.phase = run.phase AND later.started_at > run.started_at
    ) AND (
        EXISTS (
            SELECT 1
            FROM pg_locks AS held
            INNER JOIN pg_database AS here ON held.database = here.oid AND here.datname = current_database()
            WHERE
                held.locktype = 'advisory'
                AND held.objsubid = 1
                AND held.mode = 'ExclusiveLock'
                AND ((held.classid::bigint << 32) | held.objid::bigint) = hashtextextended('atlas phase ' || run.phase, 0)
        )
        OR (
            NOT run.summary ? 'driver'
            AND EXISTS (
                SELECT 1
                FROM pg_stat_activity AS a
                WHERE a.datname = current_database() AND a.application_name = 'atlas-run'
            )
        )
    ) AS at_work,
    greatest(
        run.started_at,
        (
            SELECT max(greatest(step.started_at, step.finished_at))
            FROM atlas.phase_run_steps AS step
            WHERE step.phase_run_id = run.id
        ),
        (
            SELECT max(cursors.updated_at)
            FROM atlas.backfill_cursors AS cursors
            WHERE cursors.phase_run_id = run.id
        )
    ) AS moved_at
FROM atlas.phase_runs AS run
WHERE run.status = 'running' AND run.id = ANY(%(ids)s)
