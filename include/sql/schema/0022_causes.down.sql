-- Undoes revision 0022: events go by the clock again, and by nothing that caused them.
-- A plain owner is under row-level security; functions that read its tables are checked when they are made.
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
DROP TRIGGER note_circumstances ON atlas.event_outbox;
DROP FUNCTION atlas.note_circumstances(), atlas.change_owners(uuid), atlas.hold_decisions(uuid, boolean),
    atlas.hold_owners(uuid), atlas.owners_lock(uuid),
    atlas.accepts_event(uuid, timestamptz, text, bigint);
CREATE FUNCTION atlas.accepts_event(workflow_id uuid, happened_at timestamptz, trigger_key text DEFAULT '') RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        CASE
            WHEN coalesce(own.owner, w.owner) = 'legacy_app' OR accepts_event.happened_at <= whole.fenced_at THEN 'no'
            WHEN whole.fenced_at IS NOT NULL AND whole.drained_at IS NULL THEN 'later'
            ELSE 'yes'
        END
    FROM atlas.workflows AS w
    LEFT JOIN atlas.execution_owners AS whole
        ON whole.organization_id = w.organization_id AND whole.workflow_id = w.id AND whole.trigger_key = ''
    LEFT JOIN atlas.execution_owners AS own
        ON own.organization_id = w.organization_id AND own.workflow_id = w.id
        AND own.trigger_key = accepts_event.trigger_key
    WHERE w.id = accepts_event.workflow_id;
END;
COMMENT ON FUNCTION atlas.accepts_event(uuid, timestamptz, text) IS
    'Whether an event may start the workflow here: yes; no (it is the old application''s, or from before the fence); later '
    '(executions begun before the fence still run: keep the event and ask again). NULL for a workflow that is not there.';
REVOKE ALL ON FUNCTION atlas.accepts_event(uuid, timestamptz, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.accepts_event(uuid, timestamptz, text) TO atlas_app;
CREATE OR REPLACE FUNCTION atlas.refresh_listening(workflow uuid) RETURNS void
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    acted text := coalesce(current_setting('atlas.acting', true), '');
BEGIN
    -- Not as an option of the function: a plain owner may not set a parameter of ours there.
    PERFORM set_config('atlas.acting', 'migration', true);
    DELETE FROM atlas.listening_triggers AS l WHERE l.workflow_id = workflow;
    INSERT INTO atlas.listening_triggers (
        organization_id, event_type, only_value, workflow_id, trigger_key, workflow_version
    )
    SELECT
        w.organization_id, CASE t.found ->> 'type' WHEN 'event' THEN t.found -> 'parameters' ->> 'name' ELSE t.found ->> 'type' END,
        o.only_value, w.id, t.found ->> 'id', w.published_version
    FROM atlas.workflows AS w
    INNER JOIN atlas.workflow_versions AS v
        ON v.organization_id = w.organization_id AND v.workflow_id = w.id AND v.version = w.published_version
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE WHEN jsonb_typeof(v.definition -> 'triggers') = 'array' THEN v.definition -> 'triggers' ELSE '[]' END
    ) AS t (found)
    CROSS JOIN LATERAL unnest(atlas.only_values(t.found ->> 'type', t.found -> 'parameters')) AS o (only_value)
    WHERE w.id = workflow AND w.status = 'active'
        AND t.found -> 'enabled' IS DISTINCT FROM 'false'
        AND t.found ->> 'id' IS NOT NULL
        AND CASE t.found ->> 'type' WHEN 'event' THEN t.found -> 'parameters' ->> 'name' ELSE t.found ->> 'type' END <> ''
    ON CONFLICT DO NOTHING;
    PERFORM set_config('atlas.acting', acted, true);
END
$$;
COMMENT ON FUNCTION atlas.refresh_listening(uuid) IS
    'Writes anew what the triggers of a workflow listen for; nothing where it is not active or not published.';
ALTER TABLE atlas.event_outbox DROP COLUMN owner_epoch, DROP COLUMN caused_by, DROP COLUMN depth;
ALTER TABLE atlas.execution_owners DROP COLUMN taken_epoch, DROP COLUMN returned_epoch;
DROP TABLE IF EXISTS atlas.ownership_epochs;
ALTER TABLE atlas.shadow_workflows DROP COLUMN rules;
ALTER TABLE atlas.effects DROP COLUMN given_up, DROP COLUMN depth;
