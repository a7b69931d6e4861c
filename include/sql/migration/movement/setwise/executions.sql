-- Moves a stretch of workflow_executions with the steps in them, as far as they are plain, and says which rows are not.
--
-- The columns differ from shape to shape; what is read of them is composed from the catalog (movement/setwise_columns.py), and
-- what a shape lacks is NULL. Rows (legacy_rows), ledger (known, put_ledger) and originals have files of their own.
-- A row is plain where every line of the predicate says so. Whatever it does not understand goes through Python.
WITH judged AS MATERIALIZED (
    SELECT
        source.of_key AS id,
        source.of_key::text AS source_id,
        tenant.id AS organization_id,
        source.of_workflow_id AS workflow_id,
        {statuses}::jsonb ->> source.of_status AS status,
        source.of_triggered_by AS triggered_by,
        source.of_trigger_data AS trigger_data,
        source.of_input_data AS input_data,
        source.of_output_data AS output_data,
        source.of_context AS context,
        source.of_error AS error,
        source.of_started_at AS started_at,
        source.of_completed_at AS completed_at,
        source.of_execution_time_ms AS execution_time_ms,
        source.of_created_at AS created_at,
        source.of_updated_at AS updated_at,
        source.of_steps AS steps,
        source.of_content AS content,
        source.of_weight AS weight,
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
            -- Small enough for one statement over many, and no number or nesting that only one of the two ways can read.
            source.of_is_light
            AND {is_readable}
            -- Of an organization that there is, and of a workflow of that organization that there is.
            AND tenant.id IS NOT NULL
            AND workflow.id IS NOT NULL
            AND {tenants_agree}
            -- A known status, and times in order that fit it.
            AND CASE {statuses}::jsonb ->> source.of_status
                WHEN 'completed' THEN source.of_completed_at IS NOT NULL
                WHEN 'failed' THEN source.of_completed_at IS NOT NULL
                WHEN 'running' THEN FALSE
                WHEN 'pending' THEN source.of_completed_at IS NULL
                WHEN 'queued' THEN source.of_completed_at IS NULL
                ELSE {statuses}::jsonb ? source.of_status
            END
            AND source.of_started_at BETWEEN '0001-01-02' AND '9999-12-30'
            AND coalesce(
                source.of_completed_at >= source.of_started_at AND source.of_completed_at <= '9999-12-30', TRUE
            )
            AND coalesce(source.of_execution_time_ms BETWEEN 0 AND 999999999999999, TRUE)
            -- Documents that need no decoding: no text in the place of a document, steps that are a list, no key of ours.
            AND jsonb_typeof(source.of_trigger_data) IS DISTINCT FROM 'string'
            AND jsonb_typeof(source.of_input_data) IS DISTINCT FROM 'string'
            AND jsonb_typeof(source.of_output_data) IS DISTINCT FROM 'string'
            AND jsonb_typeof(source.of_context) IS DISTINCT FROM 'string'
            AND coalesce(jsonb_typeof(source.of_steps) = 'array', TRUE)
            AND strpos(source.of_content, '$formula') = 0
            -- No second execution that looks like it; those younger than the look for twins are not looked at here.
            AND NOT EXISTS (
                SELECT FROM pg_temp.atlas_twin_candidates AS twin WHERE twin.id = source.of_key
                OFFSET 0
            )
            AND source.of_started_at < current_setting('atlas.twins_looked_at')::timestamptz - interval '1 minute'
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

steps AS MATERIALIZED (
    SELECT
        made.*,
        {step_text} AS told
    FROM (
        SELECT
            step.*,
            step.id::text AS of_id,
            step.organization_id::text AS of_organization_id,
            step.started_at::text AS of_started_at,
            step.created_at::text AS of_created_at,
            step.input_data::text AS of_input_data,
            step.output_data::text AS of_output_data,
            step.context_snapshot::text AS of_context_snapshot
        FROM (
            SELECT
                step.execution_id,
                step.source_id,
                step.organization_id,
                step.created_at,
                step.place::integer - 1 AS position,
                {step_id} AS id,
                coalesce(
                    nullif(step."nodeId", ''), nullif(step.node_id, ''), nullif(step.step_id, ''), nullif(step."actionType", ''),
                    nullif(step.action_type, ''), nullif(step.action, ''), 'step-' || step.place
                ) AS node_id,
                coalesce(
                    nullif(step."nodeType", ''), nullif(step.node_type, ''),
                    CASE
                        WHEN coalesce(nullif(step."actionType", ''), nullif(step.action_type, ''), nullif(step.action, '')) IS NULL
                            THEN 'unknown'
                        ELSE 'action'
                    END
                ) AS node_type,
                coalesce(nullif(step."actionType", ''), nullif(step.action_type, ''), nullif(step.action, '')) AS action_type,
                coalesce(
                    {step_statuses}::jsonb ->> step.status,
                    CASE WHEN step.status IS NULL THEN CASE step.success WHEN 'true' THEN 'completed' WHEN 'false' THEN 'failed' END END
                ) AS status,
                step.input AS input_data,
                coalesce(step.output, step.result, step.details) AS output_data,
                step.error,
                CASE WHEN step.is_moment THEN step."timestamp"::timestamptz ELSE step.begun_at END AS started_at,
                CASE WHEN step.is_length THEN step.duration::bigint END AS execution_time_ms,
                nullif(
                    step.spare || CASE
                        WHEN coalesce(nullif(step."nodeLabel", ''), nullif(step.step_name, '')) IS NULL THEN '{{}}'
                        ELSE jsonb_build_object('label', coalesce(nullif(step."nodeLabel", ''), nullif(step.step_name, '')))
                    END,
                    '{{}}'
                ) AS context_snapshot,
                CASE WHEN step.is_moment THEN '{{}}'::text [] ELSE '{{no_start}}' END AS legacy_flags,
                coalesce(
                    jsonb_typeof(step.element) = 'object'
                    -- Texts, or what reads the same as one; a document or a fraction in the place of a text does not.
                    AND concat_ws(
                        E'\n', step."nodeId", step.node_id, step.step_id, step."nodeType", step.node_type, step."nodeLabel",
                        step.step_name, step."actionType", step.action_type, step.action, step.error
                    ) !~ '(?n)^(?:[{{[]|-?[0-9]+[.][0-9]*$)'
                    AND (
                        {step_statuses}::jsonb ? step.status
                        OR (step.status IS NULL AND jsonb_typeof(step.success) = 'boolean')
                    )
                    AND (step."timestamp" IS NULL OR step.is_moment)
                    AND (step.duration IS NULL OR step.is_length)
                    AND jsonb_strip_nulls(step.spare) = step.spare,
                    FALSE
                ) AS is_plain
            FROM (
                -- OFFSET 0: what is named several times above is made once.
                SELECT
                    judged.id AS execution_id,
                    judged.source_id,
                    judged.organization_id,
                    judged.created_at,
                    judged.started_at AS begun_at,
                    entry.element,
                    entry.place,
                    member.*,
                    -- As browsers write it, on a day that every month has, it needs no regular expression, which would take longest.
                    CASE
                        WHEN
                            translate(member."timestamp", '123456789', '000000000') = '0000-00-00T00:00:00.000Z'
                            AND substr(member."timestamp", 1, 2) IN ('19', '20', '21')
                            AND substr(member."timestamp", 6, 2)
                            IN ('01', '02', '03', '04', '05', '06', '07', '08', '09', '10', '11', '12')
                            AND substr(member."timestamp", 9, 2) COLLATE {bytewise} BETWEEN '01' AND '28'
                            AND substr(member."timestamp", 12, 2) COLLATE {bytewise} <= '23'
                            AND substr(member."timestamp", 15, 2) COLLATE {bytewise} <= '59'
                            AND substr(member."timestamp", 18, 2) COLLATE {bytewise} <= '59'
                            THEN TRUE
                        ELSE coalesce(member."timestamp" ~ {moment}, FALSE)
                    END AS is_moment,
                    CASE jsonb_typeof(member.duration)
                        WHEN 'number' THEN member.duration::numeric BETWEEN 0 AND 999999999999999 AND mod(member.duration::numeric, 1) = 0
                        ELSE FALSE
                    END AS is_length,
                    CASE jsonb_typeof(entry.element) WHEN 'object' THEN entry.element - {known_members}::text [] ELSE '{{}}' END AS spare
                FROM judged
                CROSS JOIN
                    LATERAL jsonb_array_elements(CASE WHEN judged.is_plain AND judged.is_covered AND judged.known IS NULL THEN judged.steps END)
                    WITH ORDINALITY AS entry (element, place)
                CROSS JOIN LATERAL jsonb_to_record(CASE jsonb_typeof(entry.element) WHEN 'object' THEN entry.element ELSE '{{}}' END) AS member (
                    "nodeId" text, node_id text, step_id text, "nodeType" text, node_type text, "nodeLabel" text, step_name text, status text,
                    "timestamp" text, duration jsonb, output jsonb, result jsonb, details jsonb, input jsonb, error text, action text,
                    "actionType" text, action_type text, success jsonb
                )
                -- True of all: a plan that expected a hundred steps of each execution would clear memory for them in every batch.
                WHERE entry.place BETWEEN 1 AND 2147483647
                OFFSET 0
            ) AS step
            OFFSET 0
        ) AS step
        OFFSET 0
    ) AS made
),

digests AS MATERIALIZED (
    SELECT
        steps.execution_id,
        bool_and(steps.is_plain) AS are_plain,
        {steps_digest} AS digest
    FROM steps
    GROUP BY steps.execution_id
),

-- Executions that a step keeps from being plain. Few or none, so that whole rows need not be sorted or hashed to leave them out.
refused AS MATERIALIZED (
    SELECT digests.execution_id FROM digests WHERE NOT digests.are_plain
),

moved AS NOT MATERIALIZED (
    SELECT judged.*
    FROM judged
    WHERE
        judged.is_plain AND judged.is_covered AND judged.known IS NULL
        AND judged.id NOT IN (SELECT refused.execution_id FROM refused)
),

put_executions AS (
    INSERT INTO atlas.workflow_executions (
        id, organization_id, workflow_id, status, triggered_by, trigger_data, input_data, output_data, context, error, started_at,
        completed_at, execution_time_ms, created_at, updated_at, legacy_flags, source_table, source_id
    )
    SELECT
        moved.id,
        moved.organization_id,
        moved.workflow_id,
        moved.status,
        moved.triggered_by,
        moved.trigger_data,
        moved.input_data,
        moved.output_data,
        moved.context,
        moved.error,
        moved.started_at,
        moved.completed_at,
        moved.execution_time_ms,
        moved.created_at,
        moved.updated_at,
        '{{}}',
        {name},
        moved.source_id
    FROM moved
),

put_steps AS (
    INSERT INTO atlas.workflow_execution_steps (
        id, execution_id, organization_id, position, node_id, node_type, action_type, status, input_data, output_data, error, started_at,
        completed_at, execution_time_ms, context_snapshot, created_at, legacy_flags, source_table, source_id
    )
    SELECT
        steps.id,
        steps.execution_id,
        steps.organization_id,
        steps.position,
        steps.node_id,
        steps.node_type,
        steps.action_type,
        steps.status,
        steps.input_data,
        steps.output_data,
        steps.error,
        steps.started_at,
        NULL,
        steps.execution_time_ms,
        steps.context_snapshot,
        steps.created_at,
        steps.legacy_flags,
        {name},
        steps.source_id
    FROM steps
    WHERE steps.execution_id NOT IN (SELECT refused.execution_id FROM refused)
),

put_originals AS (
    {put_originals}
),

put_ledger AS (
    {put_ledger}
)

SELECT
    (SELECT count(*) FROM moved) AS written,
    count(*) FILTER (WHERE judged.is_plain AND judged.is_covered AND judged.known = judged.inputs_hash) AS unchanged,
    count(*) FILTER (WHERE judged.is_plain AND NOT judged.is_covered) AS others,
    -- Apart from the counting, so that not every row is sorted for the few.
    ARRAY(
        SELECT other.source_id
        FROM judged AS other
        WHERE
            NOT other.is_plain
            OR other.id IN (SELECT refused.execution_id FROM refused)
            OR (other.is_covered AND other.known <> other.inputs_hash)
        ORDER BY other.id
    ) AS rest
FROM judged
