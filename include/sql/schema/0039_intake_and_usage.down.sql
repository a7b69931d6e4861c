-- What triggers ask of calls is read from their definitions again; counts of v1 have no batches.

SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);

ALTER TABLE atlas.v1_watches DROP COLUMN batch;

CREATE OR REPLACE FUNCTION atlas.headers_asked(organization uuid, endpoint text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT jsonb_agg(DISTINCT jsonb_build_object('name', lower(h.key), 'value', h.value, 'sealed', encode(s.sealed, 'base64')))
    FROM atlas.listening_triggers AS l
    INNER JOIN atlas.workflow_versions AS v
        ON v.organization_id = l.organization_id AND v.workflow_id = l.workflow_id AND v.version = l.workflow_version
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(v.definition -> 'triggers') = 'array' THEN v.definition -> 'triggers' ELSE '[]' END
    ) AS t (found)
    CROSS JOIN LATERAL jsonb_each(
        CASE jsonb_typeof(t.found #> '{parameters,headers}') WHEN 'object' THEN t.found #> '{parameters,headers}' ELSE '{}' END
    ) AS h
    LEFT JOIN atlas.secrets AS s
        ON s.id::text = h.value ->> '$secret' AND s.organization_id = l.organization_id AND s.connector IS NULL
    WHERE l.organization_id = headers_asked.organization AND l.event_type = 'webhook' AND t.found ->> 'id' = l.trigger_key
        AND coalesce(t.found #>> '{parameters,endpoint_id}', endpoint) = endpoint
);

DROP TRIGGER refuse_foreign_secrets ON atlas.listening_triggers;
DROP TRIGGER note_headers ON atlas.listening_triggers;
DROP FUNCTION atlas.note_headers();
ALTER TABLE atlas.listening_triggers DROP COLUMN endpoint_id, DROP COLUMN headers;
