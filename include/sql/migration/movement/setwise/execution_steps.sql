-- Moves a stretch of workflow_execution_steps, as far as they are plain, and says which rows are not.
--
-- The columns differ from variant to variant; what is read of them is composed from the catalog (movement/setwise_columns.py), and
-- what is missing is NULL. Rows (legacy_rows), ledger (known, put_ledger), originals and the answer (outcome) have files of their own.
-- A row is plain where every line of the predicate says so. Whatever it does not understand goes through Python.
WITH judged AS MATERIALIZED (
    SELECT
        source.of_key AS id,
        source.of_key::text AS source_id,
        source.of_execution_id AS execution_id,
        tenant.id AS organization_id,
        made.node_id,
        made.node_type,
        source.of_action_type AS action_type,
        made.status,
        source.of_input_data AS input_data,
        source.of_output_data AS output_data,
        source.of_error AS error,
        made.started_at,
        source.of_completed_at AS completed_at,
        source.of_execution_time_ms AS execution_time_ms,
        source.of_created_at AS created_at,
        made.legacy_flags,
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
        SELECT {of_side} FROM {side} AS execution WHERE execution.id = source.of_execution_id
        OFFSET 0
    ) AS execution ON TRUE
    LEFT JOIN LATERAL (
        SELECT tenant.* FROM pg_temp.atlas_tenants AS tenant
        WHERE tenant.id = coalesce(source.of_organization_id, {organization_of_side})
        OFFSET 0
    ) AS tenant ON TRUE
    CROSS JOIN LATERAL (
        SELECT
            coalesce(nullif(source.of_node_id, ''), 'unknown') AS node_id,
            coalesce(nullif(source.of_node_type, ''), 'unknown') AS node_type,
            {statuses}::jsonb ->> source.of_status AS status,
            coalesce(source.of_started_at, {execution_started_at}) AS started_at,
            CASE WHEN source.of_started_at IS NULL THEN '{{no_start}}'::text [] ELSE '{{}}' END AS legacy_flags
        FROM (VALUES (0)) AS single (number)
        OFFSET 0
    ) AS made
    CROSS JOIN LATERAL (
        SELECT coalesce(
            -- Small enough for one statement over many, and no number or nesting that only one of the two ways can read.
            source.of_is_light
            AND {is_readable}
            -- Of an organization that there is, and of an execution of that organization that there is.
            AND tenant.id IS NOT NULL
            AND execution.id IS NOT NULL
            AND {tenants_agree}
            -- A known status, and times in order that fit it.
            AND CASE made.status
                WHEN 'completed' THEN source.of_completed_at IS NOT NULL
                WHEN 'failed' THEN source.of_completed_at IS NOT NULL
                WHEN 'running' THEN FALSE
                WHEN 'pending' THEN source.of_completed_at IS NULL
                WHEN 'queued' THEN source.of_completed_at IS NULL
                ELSE {statuses}::jsonb ? source.of_status
            END
            AND made.started_at BETWEEN '0001-01-02' AND '9999-12-30'
            AND coalesce(source.of_completed_at BETWEEN '0001-01-02' AND '9999-12-30', TRUE)
            AND coalesce(source.of_completed_at >= source.of_started_at, TRUE)
            AND coalesce(source.of_execution_time_ms BETWEEN 0 AND 999999999999999, TRUE)
            -- Documents that need no decoding: no text in the place of a document, no key of ours.
            AND jsonb_typeof(source.of_input_data) IS DISTINCT FROM 'string'
            AND jsonb_typeof(source.of_output_data) IS DISTINCT FROM 'string'
            AND strpos(source.of_content, '$formula') = 0
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
            digested.source_hash,
            {inputs_hash} AS inputs_hash,
            {digest} AS digest
        FROM (
            SELECT {source_hash} AS source_hash
            FROM (VALUES (0)) AS single (number)
            OFFSET 0
        ) AS digested
        WHERE plain.is_plain AND tenant.is_covered
        OFFSET 0
    ) AS hashed ON TRUE
),

moved AS NOT MATERIALIZED (
    SELECT judged.*
    FROM judged
    WHERE judged.is_plain AND judged.is_covered AND judged.known IS NULL
),

put_steps AS (
    INSERT INTO atlas.workflow_execution_steps (
        id, execution_id, organization_id, position, node_id, node_type, action_type, status, input_data, output_data, error, started_at,
        completed_at, execution_time_ms, created_at, legacy_flags, source_table, source_id
    )
    SELECT
        moved.id,
        moved.execution_id,
        moved.organization_id,
        0,
        moved.node_id,
        moved.node_type,
        moved.action_type,
        moved.status,
        moved.input_data,
        moved.output_data,
        moved.error,
        moved.started_at,
        moved.completed_at,
        moved.execution_time_ms,
        moved.created_at,
        moved.legacy_flags,
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
