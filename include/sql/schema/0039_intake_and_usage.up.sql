-- The headers that a webhook's trigger asks for stand beside the trigger since its publication: an endpoint that is looked up once
-- a second reads no definitions. And counts of v1 that a server sends again, because it never heard that they arrived, are added once.

ALTER TABLE atlas.v1_watches ADD COLUMN batch bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN atlas.v1_watches.batch IS 'How many batches of counts of this server are added; one that comes again is known by it.';

ALTER TABLE atlas.listening_triggers ADD COLUMN endpoint_id text, ADD COLUMN headers jsonb;
COMMENT ON COLUMN atlas.listening_triggers.endpoint_id IS 'Of a webhook: the endpoint whose calls it listens for; NULL for all of them.';
COMMENT ON COLUMN atlas.listening_triggers.headers IS
    'Of a webhook: the headers that it asks of a call, as its version has them; NULL where it asks for none.';

CREATE FUNCTION atlas.note_headers() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT
        t.found #>> '{parameters,endpoint_id}',
        CASE WHEN jsonb_typeof(t.found #> '{parameters,headers}') = 'object' THEN nullif(t.found #> '{parameters,headers}', '{}') END
    INTO NEW.endpoint_id, NEW.headers
    FROM atlas.workflow_versions AS v
    CROSS JOIN LATERAL jsonb_array_elements(v.definition -> 'triggers') AS t (found)
    WHERE v.organization_id = NEW.organization_id AND v.workflow_id = NEW.workflow_id AND v.version = NEW.workflow_version
        AND t.found ->> 'id' = NEW.trigger_key AND t.found ->> 'type' IN ('webhook', 'event');
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION atlas.note_headers() IS
    'Database trigger: what a webhook''s trigger asks of calls is noted when it begins to listen; another version is another row.';
REVOKE ALL ON FUNCTION atlas.note_headers() FROM PUBLIC;
CREATE TRIGGER note_headers BEFORE INSERT OR UPDATE OF workflow_version ON atlas.listening_triggers
    FOR EACH ROW WHEN (NEW.event_type = 'webhook') EXECUTE FUNCTION atlas.note_headers();

SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
UPDATE atlas.listening_triggers SET workflow_version = workflow_version WHERE event_type = 'webhook';
CREATE TRIGGER refuse_foreign_secrets AFTER INSERT OR UPDATE ON atlas.listening_triggers
    FOR EACH ROW WHEN (strpos(NEW.headers::text, '"$secret"') > 0) EXECUTE FUNCTION atlas.refuse_foreign_secrets();

CREATE OR REPLACE FUNCTION atlas.headers_asked(organization uuid, endpoint text) RETURNS jsonb
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT jsonb_agg(DISTINCT jsonb_build_object('name', lower(h.key), 'value', h.value, 'sealed', encode(s.sealed, 'base64')))
    FROM atlas.listening_triggers AS l
    CROSS JOIN LATERAL jsonb_each(l.headers) AS h
    LEFT JOIN atlas.secrets AS s
        ON s.id = CASE WHEN atlas.is_uuid(h.value ->> '$secret') THEN (h.value ->> '$secret')::uuid END
        AND s.organization_id = l.organization_id AND s.connector IS NULL
    WHERE l.organization_id = headers_asked.organization AND l.event_type = 'webhook' AND l.headers IS NOT NULL
        AND coalesce(l.endpoint_id, endpoint) = endpoint
);
