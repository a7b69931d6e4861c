-- Triggers in real time: the event outbox and what fills it, which workflows listen, who was not enrolled and why, who waits.

CREATE TABLE atlas.event_outbox (
    organization_id uuid NOT NULL CHECK (organization_id <> '00000000-0000-0000-0000-000000000000'),
    event_key text NOT NULL CHECK (event_key <> ''),
    id bigint GENERATED ALWAYS AS IDENTITY,
    event_type text NOT NULL CHECK (event_type <> ''),
    subject text,
    anchor text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    source text NOT NULL DEFAULT 'code',
    occurred_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    handled_at timestamptz,
    started integer,
    refused integer,
    told integer,
    error text,
    PRIMARY KEY (organization_id, event_key)
) WITH (
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX event_outbox_waiting ON atlas.event_outbox (organization_id, id) WHERE handled_at IS NULL;
CREATE INDEX event_outbox_handled ON atlas.event_outbox (handled_at) WHERE handled_at IS NOT NULL;
CREATE INDEX event_outbox_by_subject ON atlas.event_outbox (organization_id, subject, occurred_at);
COMMENT ON TABLE atlas.event_outbox IS
    'What happened in the CRM or was emitted by code, once per key. Read by marking rows handled with SKIP LOCKED, never '
    'behind a sequence cursor, because transactions commit late. Handled events stay until retention takes them.';
COMMENT ON COLUMN atlas.event_outbox.event_type IS 'Name of a trigger type of the catalogue, or any other name for event triggers and waits.';
COMMENT ON COLUMN atlas.event_outbox.anchor IS 'What an execution hangs on that the event starts: what emit_event says, else the event itself.';
COMMENT ON COLUMN atlas.event_outbox.data IS 'Roots of paths: trigger holds the facts of the event, booking and the like what it is about.';
COMMENT ON COLUMN atlas.event_outbox.source IS 'code, or the table whose capture trigger wrote it.';
COMMENT ON COLUMN atlas.event_outbox.error IS 'Why it could not be handled, although handled_at is set; atlas events list --failed shows it.';

CREATE TABLE atlas.event_capture_warnings (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source_table text NOT NULL,
    operation text NOT NULL,
    sqlstate text NOT NULL,
    message text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX event_capture_warnings_by_time ON atlas.event_capture_warnings (at);
COMMENT ON TABLE atlas.event_capture_warnings IS
    'Changes of CRM tables that could not be noted as events. The write of the old application went through all the same.';

CREATE TABLE atlas.listening_triggers (
    organization_id uuid NOT NULL,
    event_type text NOT NULL,
    only_value text NOT NULL DEFAULT '',
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    workflow_version integer NOT NULL,
    PRIMARY KEY (organization_id, event_type, only_value, workflow_id, trigger_key)
);
CREATE INDEX listening_triggers_by_workflow ON atlas.listening_triggers (workflow_id);
COMMENT ON TABLE atlas.listening_triggers IS
    'Triggers of active published workflows by the event they wait for, kept in step with publication by a database trigger.';
COMMENT ON COLUMN atlas.listening_triggers.only_value IS
    'One value of the parameter that narrows most, such as a form id, in lower case; empty where any will do.';

CREATE TABLE atlas.deferred_events (
    organization_id uuid NOT NULL,
    event_key text NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    deferred_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, event_key, workflow_id, trigger_key)
);
COMMENT ON TABLE atlas.deferred_events IS
    'Events that a workflow will be asked about again: the old application still executes what it began before the fence.';

CREATE TABLE atlas.enrolment_refusals (
    organization_id uuid NOT NULL,
    subject text NOT NULL,
    workflow_id uuid NOT NULL,
    trigger_key text NOT NULL,
    workflow_version integer NOT NULL,
    event_key text NOT NULL,
    event_type text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('filter', 'not_said', 're_entry', 'before_fence', 'looping', 'not_listening')),
    explanation text NOT NULL,
    leaves jsonb NOT NULL DEFAULT '[]',
    times integer NOT NULL DEFAULT 1,
    occurred_at timestamptz NOT NULL,
    refused_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, subject, workflow_id, trigger_key)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000);
CREATE INDEX enrolment_refusals_by_workflow ON atlas.enrolment_refusals (organization_id, workflow_id, refused_at DESC);
CREATE INDEX enrolment_refusals_by_time ON atlas.enrolment_refusals (refused_at);
COMMENT ON TABLE atlas.enrolment_refusals IS
    'Never enrolled because: the last time that an event reached a trigger of a workflow and did not enrol this subject, one '
    'row per subject and trigger, kept 90 days. `atlas execution explain` reads it.';
COMMENT ON COLUMN atlas.enrolment_refusals.reason IS
    'filter: a condition did not hold (see leaves) · not_said: the event lacks what a parameter asks · re_entry: the '
    'workflow''s policy · before_fence: the old application owned the workflow then · looping: entered too often within an '
    'hour · not_listening: the workflow could not be asked any more, or its version cannot be read.';
COMMENT ON COLUMN atlas.enrolment_refusals.leaves IS
    'The comparisons that decided: [{"field", "operator", "expected", "actual"}], actual being the value then.';
COMMENT ON COLUMN atlas.enrolment_refusals.times IS 'How often it happened; the row tells about the last time.';

CREATE TABLE atlas.wait_subscriptions (
    organization_id uuid NOT NULL,
    event_type text NOT NULL,
    subject text NOT NULL,
    execution_id uuid NOT NULL,
    PRIMARY KEY (organization_id, event_type, subject, execution_id)
);
CREATE INDEX wait_subscriptions_by_execution ON atlas.wait_subscriptions (organization_id, execution_id);
COMMENT ON TABLE atlas.wait_subscriptions IS
    'Which live executions want to hear of an event about their subject; * for every event. Written by the checkpoints of an '
    'execution for all that its version may wait for, and removed by its last one.';

SELECT atlas.secure(t::regclass)
FROM unnest(ARRAY[
    'atlas.event_outbox', 'atlas.listening_triggers', 'atlas.deferred_events', 'atlas.enrolment_refusals',
    'atlas.wait_subscriptions'
]) AS t;
GRANT SELECT ON atlas.event_outbox, atlas.listening_triggers, atlas.enrolment_refusals TO atlas_app;
-- Where an administrator let the owner pass by ownership, the new tables follow.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.event_outbox NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.listening_triggers NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.deferred_events NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.enrolment_refusals NO FORCE ROW LEVEL SECURITY;
        ALTER TABLE atlas.wait_subscriptions NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
GRANT INSERT (organization_id, event_key, event_type, subject, anchor, data) ON atlas.event_outbox TO atlas_app;

CREATE FUNCTION atlas.announce_events() RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A transaction that has notified cannot be prepared, and a full queue fails it at its end: then workers poll.
    IF current_setting('max_prepared_transactions') = '0' AND pg_notification_queue_usage() < 0.5 THEN
        PERFORM pg_notify('atlas_events', '');
    END IF;
END
$$;
COMMENT ON FUNCTION atlas.announce_events() IS 'Wakes the workers that handle events, where that cannot harm the transaction at hand.';

CREATE FUNCTION atlas.emit_event(
    organization uuid, type text, subject text, data jsonb DEFAULT '{}', key text DEFAULT NULL, anchor text DEFAULT NULL
) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known constant text := coalesce(emit_event.key, gen_random_uuid()::text);
    emitted boolean;
BEGIN
    IF jsonb_typeof(emit_event.data) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION 'The data of an event is a JSON object, not %.', coalesce(jsonb_typeof(emit_event.data), 'NULL')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Write {"trigger": {"name": "value"}}.';
    ELSIF emit_event.data ? 'trigger' AND jsonb_typeof(emit_event.data -> 'trigger') <> 'object' THEN
        RAISE EXCEPTION 'What the trigger says is a JSON object, not %.', jsonb_typeof(emit_event.data -> 'trigger')
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Write {"trigger": {"name": "value"}}.';
    END IF;
    INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, subject, anchor, data)
    VALUES (
        emit_event.organization, known, emit_event.type, emit_event.subject, coalesce(emit_event.anchor, known),
        CASE WHEN emit_event.data ? 'trigger' THEN emit_event.data ELSE jsonb_build_object('trigger', emit_event.data) END
    )
    ON CONFLICT DO NOTHING;
    emitted := FOUND;
    IF emitted THEN
        PERFORM atlas.announce_events();
    END IF;
    RETURN emitted;
END
$$;
COMMENT ON FUNCTION atlas.emit_event(uuid, text, text, jsonb, text, text) IS
    'Says that something happened to a subject, in the caller''s transaction. The same key of an organization is one event: '
    'false where it is known already. data without a trigger in it is what the trigger says.';
REVOKE ALL ON FUNCTION atlas.emit_event(uuid, text, text, jsonb, text, text), atlas.announce_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.emit_event(uuid, text, text, jsonb, text, text), atlas.announce_events() TO atlas_app;

CREATE FUNCTION atlas.only_values(trigger_type text, parameters jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    -- Letters beyond ASCII have more than one spelling, so a list that holds one narrows nothing here.
    SELECT CASE
        WHEN count(*) > 0 AND bool_and(asked.value ~ '^[!-~]+$') THEN array_agg(DISTINCT lower(asked.value))
        ELSE ARRAY['']
    END
    FROM (
        SELECT parameters -> CASE trigger_type
            WHEN 'form_submitted' THEN 'form_ids'
            WHEN 'survey_submitted' THEN 'survey_ids'
            WHEN 'lead_stage_changed' THEN 'to_stage'
            WHEN 'opportunity_stage_changed' THEN 'to_stage'
        END
    ) AS chosen (found)
    CROSS JOIN LATERAL jsonb_array_elements_text(
        CASE
            WHEN jsonb_typeof(chosen.found) = 'array' THEN chosen.found
            WHEN jsonb_typeof(chosen.found) = 'string' AND chosen.found <> '"any"' THEN jsonb_build_array(chosen.found)
            ELSE '[]'
        END
    ) AS asked (value)
);
COMMENT ON FUNCTION atlas.only_values(text, jsonb) IS
    'The values of the parameter by which a trigger of this type is found; one empty text where any value will do.';

CREATE FUNCTION atlas.refresh_listening(workflow uuid) RETURNS void
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

CREATE FUNCTION atlas.keep_listening() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM atlas.refresh_listening(coalesce(NEW.id, OLD.id));
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION atlas.keep_listening() IS 'Keeps listening_triggers in step with publication, pausing and archiving.';
REVOKE ALL ON FUNCTION atlas.only_values(text, jsonb), atlas.refresh_listening(uuid), atlas.keep_listening() FROM PUBLIC;

-- At the end of the transaction, so that the version may be written after the workflow that points at it.
CREATE CONSTRAINT TRIGGER keep_listening AFTER INSERT OR DELETE OR UPDATE OF status, published_version ON atlas.workflows
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION atlas.keep_listening();

DO $$
BEGIN
    PERFORM set_config('atlas.acting', 'migration', true);
    PERFORM atlas.refresh_listening(w.id) FROM atlas.workflows AS w WHERE w.status = 'active';
END
$$;

-- What changed rows of the CRM mean as events. They look at nothing else: rows as JSON in, so that it makes no difference which columns a
-- database has; names that differ between its variants are looked for in turn.

CREATE FUNCTION atlas.first_of(record jsonb, VARIADIC names text[]) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT record ->> n.name
    FROM unnest(names) WITH ORDINALITY AS n (name, place)
    WHERE record ->> n.name <> ''
    ORDER BY n.place
    LIMIT 1
);
COMMENT ON FUNCTION atlas.first_of(jsonb, text[]) IS 'The first of these columns that holds something, as text.';

CREATE FUNCTION atlas.number_in(record jsonb, VARIADIC names text[]) RETURNS numeric
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN CASE WHEN atlas.first_of(record, VARIADIC names) ~ '^-?[0-9]{1,15}(\.[0-9]{1,15})?$'
    THEN atlas.first_of(record, VARIADIC names)::numeric END;
COMMENT ON FUNCTION atlas.number_in(jsonb, text[]) IS 'The first of these columns that holds something, where that is a number.';

CREATE FUNCTION atlas.fields_changed(was jsonb, now jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT coalesce(array_agg(k.name ORDER BY k.name), '{}')
    FROM jsonb_object_keys(now) AS k (name)
    WHERE now -> k.name IS DISTINCT FROM was -> k.name AND k.name NOT IN ('updated_at', 'modified_at', 'last_modified')
);
COMMENT ON FUNCTION atlas.fields_changed(jsonb, jsonb) IS 'Columns whose values differ, times of change left aside.';

CREATE FUNCTION atlas.tags_in(record jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT coalesce(array_agg(DISTINCT coalesce(t.tag ->> 'name', t.tag #>> '{}')), '{}')
    FROM jsonb_array_elements(CASE jsonb_typeof(record -> 'tags') WHEN 'array' THEN record -> 'tags' ELSE '[]' END) AS t (tag)
    WHERE coalesce(t.tag ->> 'name', t.tag #>> '{}') <> ''
);
COMMENT ON FUNCTION atlas.tags_in(jsonb) IS 'Names of the tags that a row carries in an array of its own.';

CREATE FUNCTION atlas.events_of_tags(subject text, was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'contact_tagged', events_of_tags.subject, NULL::text, jsonb_build_object('tag', c.tag, 'tag_id', c.tag, 'action', c.action), '{}'::jsonb
    FROM (
        SELECT t.tag, 'added' AS action FROM unnest(atlas.tags_in(now)) AS t (tag) WHERE t.tag <> ALL (atlas.tags_in(was))
        UNION ALL
        SELECT t.tag, 'removed' FROM unnest(atlas.tags_in(was)) AS t (tag) WHERE t.tag <> ALL (atlas.tags_in(now))
    ) AS c;
END;
COMMENT ON FUNCTION atlas.events_of_tags(text, jsonb, jsonb) IS 'What a changed array of tags means: contact_tagged, once per tag.';

CREATE FUNCTION atlas.events_of_leads(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id constant text := now ->> 'id';
    score constant numeric := atlas.number_in(now, 'score', 'lead_score');
    previous constant numeric := atlas.number_in(was, 'score', 'lead_score');
    stage constant text := CASE WHEN now ?| ARRAY['stage', 'stage_id', 'pipeline_stage_id']
        THEN atlas.first_of(now, 'stage', 'stage_id', 'pipeline_stage_id') ELSE now ->> 'status' END;
    from_stage constant text := CASE WHEN now ?| ARRAY['stage', 'stage_id', 'pipeline_stage_id']
        THEN atlas.first_of(was, 'stage', 'stage_id', 'pipeline_stage_id') ELSE was ->> 'status' END;
    scores constant jsonb := jsonb_build_object('previous_score', previous, 'new_score', score, 'change', score - previous);
    changed constant text[] := atlas.fields_changed(was, now);
BEGIN
    IF now IS NULL THEN
        RETURN;
    ELSIF was IS NULL THEN
        RETURN QUERY SELECT 'lead_created', id, NULL::text, now || jsonb_strip_nulls(jsonb_build_object(
            'lead_id', id, 'source', atlas.first_of(now, 'source', 'lead_source'), 'score', score, 'tags', to_jsonb(atlas.tags_in(now)))), '{}'::jsonb;
        IF atlas.first_of(now, 'form_id', 'facebook_lead_id') IS NOT NULL AND to_regclass('public.form_submissions') IS NULL THEN
            RETURN QUERY SELECT 'form_submitted', id, NULL::text, atlas.form_facts(now), '{}'::jsonb;
        END IF;
        RETURN;
    END IF;
    IF changed <> '{}' THEN
        RETURN QUERY SELECT 'lead_updated', id, NULL::text, atlas.change_facts(changed, was, now) || jsonb_build_object('lead_id', id), '{}'::jsonb;
    END IF;
    IF score IS NOT NULL AND previous IS NOT NULL AND score <> previous THEN
        RETURN QUERY SELECT 'lead_score_changed', id, NULL::text, scores, '{}'::jsonb;
        IF previous < 80 AND score >= 80 THEN
            RETURN QUERY SELECT 'lead_became_hot', id, NULL::text, scores, '{}'::jsonb;
        ELSIF previous >= 40 AND score < 40 THEN
            RETURN QUERY SELECT 'lead_became_cold', id, NULL::text, scores, '{}'::jsonb;
        END IF;
    END IF;
    IF stage IS DISTINCT FROM from_stage THEN
        RETURN QUERY SELECT 'lead_stage_changed', id, NULL::text, jsonb_build_object('from_stage', from_stage, 'to_stage', stage,
            'pipeline', atlas.first_of(now, 'pipeline', 'pipeline_id')), '{}'::jsonb;
    END IF;
    IF lower(now ->> 'status') = 'converted' AND lower(was ->> 'status') IS DISTINCT FROM 'converted' THEN
        RETURN QUERY SELECT 'lead_converted', id, NULL::text, jsonb_build_object('lead_id', id, 'previous_status', was ->> 'status'), '{}'::jsonb;
    END IF;
    RETURN QUERY SELECT * FROM atlas.events_of_tags(id, was, now);
END
$$;
COMMENT ON FUNCTION atlas.events_of_leads(jsonb, jsonb) IS 'What a changed row of leads means. A score counts as changed only where there was one before.';

CREATE FUNCTION atlas.change_facts(changed text[], was jsonb, now jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT jsonb_build_object('fields', to_jsonb(changed), 'before', jsonb_object_agg(f.name, was -> f.name), 'after', jsonb_object_agg(f.name, now -> f.name))
    FROM unnest(changed) AS f (name)
);
COMMENT ON FUNCTION atlas.change_facts(text[], jsonb, jsonb) IS 'Which columns changed, and their values before and after.';

CREATE FUNCTION atlas.form_facts(record jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN record || CASE
    WHEN jsonb_typeof(record -> 'field_data') = 'object' THEN record -> 'field_data'
    WHEN jsonb_typeof(record -> 'data') = 'object' THEN record -> 'data'
    WHEN jsonb_typeof(record -> 'submission_data') = 'object' THEN record -> 'submission_data'
    WHEN jsonb_typeof(record -> 'responses') = 'object' THEN record -> 'responses'
    ELSE '{}'
END || jsonb_strip_nulls(jsonb_build_object(
    'form_id', record ->> 'form_id', 'page_id', record ->> 'page_id', 'survey_id', record ->> 'survey_id',
    'rating', record -> 'rating',
    'form_type', coalesce(record ->> 'form_type', CASE WHEN record ->> 'facebook_lead_id' IS NOT NULL THEN 'facebook' END)
));
COMMENT ON FUNCTION atlas.form_facts(jsonb) IS 'A submission with its answers beside its own columns.';

CREATE FUNCTION atlas.person_in(record jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN atlas.first_of(record, 'client_id', 'member_id', 'customer_id', 'lead_id', 'contact_id', 'subject_id');
COMMENT ON FUNCTION atlas.person_in(jsonb) IS 'Whom a row is about: the client, else the lead, else the contact.';

CREATE FUNCTION atlas.events_of_clients(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id constant text := now ->> 'id';
    changed constant text[] := atlas.fields_changed(was, now);
BEGIN
    IF now IS NULL THEN
        RETURN;
    ELSIF was IS NULL THEN
        RETURN QUERY SELECT 'client_created', id, NULL::text, now || jsonb_build_object('client_id', id), '{}'::jsonb;
        RETURN;
    ELSIF changed <> '{}' THEN
        RETURN QUERY SELECT 'contact_changed', id, NULL::text, atlas.change_facts(changed, was, now), '{}'::jsonb;
    END IF;
    RETURN QUERY SELECT * FROM atlas.events_of_tags(id, was, now);
END
$$;
COMMENT ON FUNCTION atlas.events_of_clients(jsonb, jsonb) IS 'What a changed row of clients or members means.';

CREATE FUNCTION atlas.events_of_contacts(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE plpgsql IMMUTABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    person constant text := coalesce(atlas.first_of(now, 'client_id', 'lead_id'), now ->> 'id');
    changed constant text[] := atlas.fields_changed(was, now);
BEGIN
    IF now IS NULL OR was IS NULL THEN
        RETURN;
    ELSIF changed <> '{}' THEN
        RETURN QUERY SELECT 'contact_changed', person, NULL::text, atlas.change_facts(changed, was, now), '{}'::jsonb;
    END IF;
    RETURN QUERY SELECT * FROM atlas.events_of_tags(person, was, now);
END
$$;
COMMENT ON FUNCTION atlas.events_of_contacts(jsonb, jsonb) IS 'What a changed row of contacts means, about the client or lead that it belongs to.';

CREATE FUNCTION atlas.events_of_taggings(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'contact_tagged', atlas.person_in(coalesce(now, was)), NULL::text, jsonb_build_object(
        'tag', coalesce(coalesce(now, was) ->> 'tag_name', coalesce(now, was) ->> 'tag_id'),
        'tag_id', coalesce(now, was) ->> 'tag_id', 'action', CASE WHEN now IS NULL THEN 'removed' ELSE 'added' END
    ), '{}'::jsonb
    WHERE was IS NULL OR now IS NULL;
END;
COMMENT ON FUNCTION atlas.events_of_taggings(jsonb, jsonb) IS 'What a row between a person and a tag means.';

CREATE FUNCTION atlas.booking_facts(record jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN record || jsonb_strip_nulls(jsonb_build_object(
    'booking_id', record ->> 'id',
    'starts_at', atlas.first_of(record, 'starts_at', 'start_time', 'start_at', 'scheduled_at', 'session_start', 'booking_date', 'appointment_date'),
    'class_type', atlas.first_of(record, 'class_type', 'class_type_id'), 'class_name', record ->> 'class_name',
    'class_id', atlas.first_of(record, 'class_id', 'class_session_id', 'session_id'),
    'appointment_type', atlas.first_of(record, 'appointment_type', 'appointment_type_id', 'type'),
    'staff_id', atlas.first_of(record, 'staff_id', 'trainer_id', 'instructor_id', 'coach_id'),
    'cancelled_by', record ->> 'cancelled_by'
));
COMMENT ON FUNCTION atlas.booking_facts(jsonb) IS 'A booking under the names that triggers ask for.';

CREATE FUNCTION atlas.booking_state(record jsonb) RETURNS text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN CASE
    WHEN record IS NULL OR record ->> 'cancelled_at' IS NOT NULL OR lower(record ->> 'status') IN ('cancelled', 'canceled') THEN 'cancelled'
    WHEN lower(record ->> 'status') IN ('attended', 'checked_in', 'completed') THEN 'attended'
    WHEN lower(record ->> 'status') IN ('no_show', 'no-show', 'noshow', 'missed') THEN 'missed'
    WHEN lower(record ->> 'status') IN ('waitlisted', 'waitlist', 'waiting') THEN 'waitlisted'
    ELSE 'booked'
END;
COMMENT ON FUNCTION atlas.booking_state(jsonb) IS 'What a booking''s status comes down to; a row that is gone is cancelled.';

CREATE FUNCTION atlas.events_of_bookings(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    record constant jsonb := coalesce(now, was);
    facts constant jsonb := atlas.booking_facts(record);
    person constant text := atlas.person_in(record);
    is_class constant boolean := atlas.first_of(record, 'class_id', 'class_session_id', 'class_type', 'class_name', 'class_type_id') IS NOT NULL;
    before constant text := CASE WHEN was IS NULL THEN NULL ELSE atlas.booking_state(was) END;
    after constant text := atlas.booking_state(now);
    named text;
    whole jsonb := facts;
BEGIN
    IF after = 'cancelled' AND facts ->> 'starts_at' ~ '^\d{4}-\d{2}-\d{2}[T ]' THEN
        whole := facts || jsonb_build_object('notice_hours', round(
            extract(EPOCH FROM (facts ->> 'starts_at')::timestamptz - coalesce((record ->> 'cancelled_at')::timestamptz, clock_timestamp()))::numeric / 3600, 2));
    END IF;
    named := CASE
        WHEN before IS NOT DISTINCT FROM after AND facts ->> 'starts_at' IS DISTINCT FROM atlas.booking_facts(was) ->> 'starts_at' AND after = 'booked'
            THEN CASE WHEN is_class THEN 'booking_updated' ELSE 'appointment_updated' END
        WHEN before IS NOT DISTINCT FROM after THEN NULL
        WHEN before IS NULL AND after = 'cancelled' THEN NULL
        WHEN now IS NULL AND before <> 'booked' THEN NULL
        WHEN after = 'booked' THEN CASE WHEN is_class THEN 'booking_created' ELSE 'appointment_booked' END
        WHEN after = 'cancelled' THEN CASE WHEN is_class THEN 'booking_cancelled' ELSE 'appointment_cancelled' END
        WHEN after = 'attended' THEN 'session_attended'
        WHEN after = 'missed' THEN 'missed_session'
        WHEN after = 'waitlisted' THEN 'waitlist_joined'
    END;
    IF named IS NOT NULL THEN
        RETURN QUERY SELECT named, person, NULL::text, whole, jsonb_build_object('booking', whole, 'appointment',
            whole || jsonb_strip_nulls(jsonb_build_object('type', whole ->> 'appointment_type')));
    END IF;
    IF was IS NOT NULL AND now IS NOT NULL AND NOT is_class AND now ->> 'status' IS DISTINCT FROM was ->> 'status' THEN
        RETURN QUERY SELECT 'appointment_status_changed', person, NULL::text, whole || jsonb_build_object('previous_status', was ->> 'status'),
            jsonb_build_object('appointment', whole);
    END IF;
END
$$;
COMMENT ON FUNCTION atlas.events_of_bookings(jsonb, jsonb) IS
    'What a changed row of bookings or appointments means. A row that names a class is a booking, any other an appointment.';

CREATE FUNCTION atlas.events_of_forms(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN now ? 'survey_id' THEN 'survey_submitted' ELSE 'form_submitted' END, atlas.person_in(now), NULL::text,
        atlas.form_facts(now), '{}'::jsonb
    WHERE was IS NULL;
END;
COMMENT ON FUNCTION atlas.events_of_forms(jsonb, jsonb) IS 'What a new row of form or survey submissions means.';

CREATE FUNCTION atlas.events_of_messages(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN lower(now ->> 'direction') IN ('inbound', 'incoming', 'received') THEN 'message_received' ELSE 'message_sent' END,
        atlas.person_in(now), NULL::text,
        jsonb_strip_nulls(jsonb_build_object(
            'message_id', now ->> 'id', 'channel', lower(atlas.first_of(now, 'channel', 'type')),
            'message', atlas.first_of(now, 'body', 'content', 'message'), 'subject', now ->> 'subject')), '{}'::jsonb
    WHERE was IS NULL;
END;
COMMENT ON FUNCTION atlas.events_of_messages(jsonb, jsonb) IS 'What a new row of messages means.';

CREATE FUNCTION atlas.events_of_payments(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN lower(now ->> 'status') IN ('failed', 'declined', 'payment_failed') THEN 'payment_failed' ELSE 'payment_received' END,
        atlas.person_in(now), NULL::text,
        now || jsonb_strip_nulls(jsonb_build_object('payment_id', now ->> 'id', 'amount', atlas.number_in(now, 'amount', 'total'),
            'attempt_number', atlas.number_in(now, 'attempt_number', 'attempt_count', 'attempts'))), '{}'::jsonb
    WHERE lower(now ->> 'status') IN ('failed', 'declined', 'payment_failed', 'succeeded', 'paid', 'completed', 'success')
        AND (was IS NULL OR now ->> 'status' IS DISTINCT FROM was ->> 'status'
            OR atlas.number_in(now, 'attempt_number', 'attempt_count', 'attempts')
            IS DISTINCT FROM atlas.number_in(was, 'attempt_number', 'attempt_count', 'attempts'));
END;
COMMENT ON FUNCTION atlas.events_of_payments(jsonb, jsonb) IS 'What a changed row of payments means.';

CREATE FUNCTION atlas.events_of_memberships(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN now IS NULL OR lower(now ->> 'status') IN ('cancelled', 'canceled') THEN 'membership_cancelled' ELSE 'membership_started' END,
        atlas.person_in(coalesce(now, was)), NULL::text,
        coalesce(now, was) || jsonb_strip_nulls(jsonb_build_object('membership_id', coalesce(now, was) ->> 'id', 'membership_type',
            atlas.first_of(coalesce(now, was), 'membership_type', 'membership_type_id', 'plan_id', 'plan', 'type'))),
        jsonb_build_object('membership', coalesce(now, was))
    WHERE coalesce(lower(now ->> 'status'), 'cancelled') IN ('active', 'cancelled', 'canceled')
        AND (was IS NULL OR now IS NULL OR lower(now ->> 'status') IS DISTINCT FROM lower(was ->> 'status'))
        AND NOT (was IS NULL AND lower(now ->> 'status') IN ('cancelled', 'canceled'))
        AND NOT (now IS NULL AND lower(was ->> 'status') IN ('cancelled', 'canceled'));
END;
COMMENT ON FUNCTION atlas.events_of_memberships(jsonb, jsonb) IS 'What a changed row of memberships means.';

CREATE FUNCTION atlas.events_of_opportunities(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT CASE WHEN was IS NULL THEN 'opportunity_created' ELSE 'opportunity_stage_changed' END, atlas.person_in(now),
        NULL::text,
        now || jsonb_strip_nulls(jsonb_build_object(
            'opportunity_id', now ->> 'id', 'pipeline', atlas.first_of(now, 'pipeline', 'pipeline_id'), 'value', atlas.number_in(now, 'value', 'amount'),
            'from_stage', atlas.first_of(was, 'stage', 'stage_id'), 'to_stage', atlas.first_of(now, 'stage', 'stage_id'))),
        jsonb_build_object('opportunity', now)
    WHERE now IS NOT NULL
        AND (was IS NULL OR atlas.first_of(was, 'stage', 'stage_id') IS DISTINCT FROM atlas.first_of(now, 'stage', 'stage_id'));
END;
COMMENT ON FUNCTION atlas.events_of_opportunities(jsonb, jsonb) IS 'What a changed row of opportunities means.';

CREATE FUNCTION atlas.events_of_notes(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'note_added', atlas.person_in(now), NULL::text,
        jsonb_strip_nulls(jsonb_build_object('note_id', now ->> 'id', 'note', atlas.first_of(now, 'note', 'content', 'body', 'text'))), '{}'::jsonb
    WHERE was IS NULL;
END;
COMMENT ON FUNCTION atlas.events_of_notes(jsonb, jsonb) IS 'What a new note means.';

CREATE FUNCTION atlas.events_of_email_events(was jsonb, now jsonb) RETURNS TABLE (
    event_type text, about text, anchor text, facts jsonb, roots jsonb
)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT 'email_event', atlas.person_in(now), NULL::text, jsonb_strip_nulls(jsonb_build_object(
        'event', regexp_replace(lower(atlas.first_of(now, 'event', 'event_type', 'type')), '^email[._]', ''),
        'email_id', atlas.first_of(now, 'email_id', 'message_id'), 'campaign_id', now ->> 'campaign_id',
        'link', atlas.first_of(now, 'link', 'url', 'clicked_url'))), '{}'::jsonb
    WHERE was IS NULL;
END;
COMMENT ON FUNCTION atlas.events_of_email_events(jsonb, jsonb) IS 'What a new row of e-mail events means.';

CREATE FUNCTION atlas.capture_event() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    acted text := coalesce(current_setting('atlas.acting', true), '');
    was jsonb;
    now jsonb;
    tags regclass;
    tag text;
    organization text;
    noted integer;
BEGIN
    -- Whatever goes wrong here, the write of the old application goes through, and what was set in this block is as before.
    BEGIN
        was := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
        now := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
        organization := atlas.first_of(coalesce(now, was), 'organization_id', 'org_id');
        IF organization IS NULL THEN
            RETURN NULL;
        END IF;
        -- With our rights nothing is read that whoever owns this table did not make: a view could do anything with them.
        SELECT c.oid::regclass INTO tags
        FROM pg_class AS c
        INNER JOIN pg_class AS s ON s.oid = TG_RELID AND s.relowner = c.relowner
        WHERE TG_ARGV[0] = 'taggings' AND c.oid = to_regclass('public.tags') AND c.relkind IN ('r', 'p');
        IF tags IS NOT NULL THEN
            EXECUTE format(
                'SELECT t.name FROM %s AS t WHERE t.id = %L '
                'AND coalesce(to_jsonb(t) ->> ''organization_id'', to_jsonb(t) ->> ''org_id'', %L) = %L',
                tags, coalesce(now, was) ->> 'tag_id', organization, organization
            ) INTO tag;
            was := was || jsonb_strip_nulls(jsonb_build_object('tag_name', tag));
            now := now || jsonb_strip_nulls(jsonb_build_object('tag_name', tag));
        END IF;
        PERFORM set_config('atlas.acting', 'migration', true);
        EXECUTE format(
            'WITH found AS MATERIALIZED ('
            'SELECT e.*, octet_length(e.facts::text) <= 262144 AS fits '
            'FROM atlas.%I($3, $4) WITH ORDINALITY AS e (event_type, about, anchor, facts, roots, place)), '
            'too_large AS ('
            'INSERT INTO atlas.event_capture_warnings (source_table, operation, sqlstate, message) '
            'SELECT $2, $6, ''54000'', ''The facts of '' || e.event_type || '' have more than 256 kB.'' '
            'FROM found AS e WHERE NOT e.fits) '
            'INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, subject, anchor, data, source) '
            'SELECT $1, k.event_key, e.event_type, e.about, coalesce(e.anchor, k.event_key), '
            'e.roots || jsonb_build_object(''trigger'', jsonb_strip_nulls(e.facts)), $2 '
            'FROM found AS e '
            'CROSS JOIN LATERAL (SELECT concat_ws('' '', $2, coalesce($4, $3) ->> ''id'', e.event_type, '
            'CASE WHEN $3 IS NOT NULL OR NOT coalesce($4, $3) ? ''id'' THEN concat_ws('' '', $5, e.place) END) AS event_key) AS k '
            'WHERE e.fits '
            'ON CONFLICT DO NOTHING', 'events_of_' || TG_ARGV[0]
        ) USING organization::uuid, TG_ARGV[1], was, now, gen_random_uuid()::text, TG_OP;
        GET DIAGNOSTICS noted = ROW_COUNT;
        IF noted > 0 THEN
            PERFORM atlas.announce_events();
        END IF;
        PERFORM set_config('atlas.acting', acted, true);
    EXCEPTION WHEN OTHERS THEN
        BEGIN
            INSERT INTO atlas.event_capture_warnings (source_table, operation, sqlstate, message)
            VALUES (coalesce(TG_ARGV[1], TG_TABLE_NAME), TG_OP, SQLSTATE, left(SQLERRM, 500));
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION atlas.capture_event() IS
    'Notes what a changed row of the CRM means as events; arguments: the kind of table, and its name. Never fails.';

CREATE FUNCTION atlas.event_sources() RETURNS TABLE (table_name text, kind text)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT v.table_name, v.kind
    FROM (VALUES
    ('leads', 'leads'), ('clients', 'clients'), ('members', 'clients'), ('contacts', 'contacts'),
    ('lead_tags', 'taggings'), ('contact_tags', 'taggings'), ('contact_tag_assignments', 'taggings'), ('client_tags', 'taggings'),
    ('bookings', 'bookings'), ('class_bookings', 'bookings'), ('appointments', 'bookings'),
    ('form_submissions', 'forms'), ('survey_submissions', 'forms'), ('messages', 'messages'),
    ('payments', 'payments'), ('transactions', 'payments'),
    ('memberships', 'memberships'), ('customer_memberships', 'memberships'), ('opportunities', 'opportunities'),
    ('notes', 'notes'), ('lead_notes', 'notes'), ('email_events', 'email_events')
    ) AS v (table_name, kind);
END;
COMMENT ON FUNCTION atlas.event_sources() IS 'Tables of the CRM that events come from where a database has them, and what kind each is.';

REVOKE ALL ON FUNCTION
    atlas.first_of(jsonb, text[]), atlas.number_in(jsonb, text[]), atlas.fields_changed(jsonb, jsonb), atlas.tags_in(jsonb),
    atlas.change_facts(text[], jsonb, jsonb), atlas.form_facts(jsonb), atlas.person_in(jsonb), atlas.booking_facts(jsonb),
    atlas.booking_state(jsonb), atlas.events_of_tags(text, jsonb, jsonb), atlas.events_of_leads(jsonb, jsonb),
    atlas.events_of_clients(jsonb, jsonb), atlas.events_of_contacts(jsonb, jsonb), atlas.events_of_taggings(jsonb, jsonb),
    atlas.events_of_bookings(jsonb, jsonb), atlas.events_of_forms(jsonb, jsonb), atlas.events_of_messages(jsonb, jsonb),
    atlas.events_of_payments(jsonb, jsonb), atlas.events_of_memberships(jsonb, jsonb), atlas.events_of_opportunities(jsonb, jsonb),
    atlas.events_of_notes(jsonb, jsonb), atlas.events_of_email_events(jsonb, jsonb), atlas.capture_event(), atlas.event_sources()
FROM PUBLIC;
