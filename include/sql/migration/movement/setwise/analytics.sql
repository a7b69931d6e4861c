-- Moves a stretch of workflow_analytics, days as the old application counted them, as far as they are plain, and says which are not.
--
-- The columns differ from variant to variant; what is read of them is composed from the catalog (movement/setwise_columns.py), and
-- what is missing is NULL. Rows (legacy_rows), ledger (known, put_ledger), originals and the answer (outcome) have files of their own.
-- A row is plain where every line of the predicate says so. Whatever it does not understand goes through Python.
WITH judged AS MATERIALIZED (
    SELECT
        source.of_key AS id,
        source.of_key::text AS source_id,
        tenant.id AS organization_id,
        source.of_workflow_id AS workflow_id,
        source.of_date AS day,
        source.of_hour AS hour,
        source.of_executions_count AS executions_count,
        source.of_successful_count AS successful_count,
        source.of_failed_count AS failed_count,
        source.of_total_execution_time_ms AS total_execution_time_ms,
        source.of_avg_execution_time_ms AS avg_execution_time_ms,
        source.of_unique_triggers AS unique_triggers,
        source.of_created_at AS created_at,
        source.of_content AS content,
        hashed.source_hash,
        hashed.inputs_hash,
        hashed.digest,
        plain.is_plain,
        tenant.is_covered,
        -- Asked for row by row only where the ledger knows any row of this stretch, which it does not the first time.
        CASE WHEN plain.is_plain AND EXISTS (
            SELECT FROM atlas.migration_ledger AS ledger WHERE ledger.source_table = {name} AND {known_range}
        ) THEN ({known_hash}) END AS known
    FROM ({legacy_rows}) AS source
    -- Looked up by their keys, row by row: a plan for all batches must not read the whole of the other table for each.
    LEFT JOIN LATERAL (
        SELECT {of_side} FROM {side} AS workflow WHERE workflow.id = source.of_workflow_id
        OFFSET 0
    ) AS workflow ON TRUE
    LEFT JOIN LATERAL (
        SELECT tenant.* FROM pg_temp.atlas_tenants AS tenant
        WHERE tenant.id = coalesce(source.of_organization_id, {organization_of_side})
        OFFSET 0
    ) AS tenant ON TRUE
    CROSS JOIN LATERAL (
        SELECT coalesce(
            -- Small enough for one statement over many.
            source.of_is_light
            AND {is_readable}
            -- Of an organization that there is, and of a workflow of that organization that there is.
            AND tenant.id IS NOT NULL
            AND workflow.id IS NOT NULL
            AND {tenants_agree}
            -- A day, an hour of it where it has one, and counts that are counts.
            AND source.of_date IS NOT NULL
            AND coalesce(source.of_hour BETWEEN 0 AND 23, TRUE)
            AND least(
                source.of_executions_count, source.of_successful_count, source.of_failed_count, source.of_total_execution_time_ms,
                source.of_avg_execution_time_ms, source.of_unique_triggers, 0
            ) >= 0
            AND greatest(
                source.of_executions_count, source.of_successful_count, source.of_failed_count, source.of_total_execution_time_ms,
                source.of_avg_execution_time_ms, source.of_unique_triggers, 0
            ) <= 999999999999999999
            -- No earlier row that counts the same day; the old tables allow none, copies of them may.
            AND NOT EXISTS (
                SELECT FROM {table} AS twin
                WHERE
                    twin.workflow_id = source.of_workflow_id AND twin.date = source.of_date AND {same_hour}
                    AND twin.id < source.of_key
                OFFSET 0
            )
            -- Read before for secrets, in just this version, and nothing was found; nor an address that several organizations claim.
            AND age(source.of_xmin) > age(%(horizon)s::xid)
            AND source.of_key NOT IN (SELECT unnest(%(suspects)s::uuid []))
            AND source.of_content NOT LIKE ALL (%(endpoints)s::text []),
            FALSE
        ) AS is_plain
        FROM (VALUES (0)) AS single (number)
        OFFSET 0
    ) AS plain
    LEFT JOIN LATERAL (
        SELECT
            {source_hash} AS source_hash,
            {inputs_hash} AS inputs_hash,
            {digest} AS digest
        FROM (VALUES (0)) AS single (number)
        WHERE plain.is_plain AND tenant.is_covered
        OFFSET 0
    ) AS hashed ON TRUE
),

moved AS NOT MATERIALIZED (
    SELECT judged.*
    FROM judged
    WHERE judged.is_plain AND judged.is_covered AND judged.known IS NULL
),

put_days AS (
    INSERT INTO atlas.workflow_analytics (
        id, organization_id, workflow_id, date, hour, origin, executions_count, successful_count, failed_count, total_execution_time_ms,
        avg_execution_time_ms, unique_triggers, created_at, source_table, source_id
    )
    SELECT
        moved.id,
        moved.organization_id,
        moved.workflow_id,
        moved.day,
        moved.hour,
        'legacy_reported',
        coalesce(moved.executions_count, 0),
        coalesce(moved.successful_count, 0),
        coalesce(moved.failed_count, 0),
        moved.total_execution_time_ms,
        moved.avg_execution_time_ms,
        coalesce(moved.unique_triggers, 0),
        moved.created_at,
        {name},
        moved.source_id
    FROM moved
),

put_originals AS (
    {put_originals}
),

put_ledger AS (
    {put_ledger}
)

{what_became}
