-- What may not be sent any more, who owned a workflow when an event was noted, what caused an event, by which rules was compared.

-- A plain owner is under row-level security; functions that read its tables are checked when they are made.
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);

ALTER TABLE atlas.effects
    ADD COLUMN given_up boolean NOT NULL DEFAULT false, ADD COLUMN depth smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN atlas.effects.given_up IS
    'Nobody waits for it any more. What is being sent then is not sent again where it comes back unsent.';
COMMENT ON COLUMN atlas.effects.depth IS
    'How many executions stand behind the one that asked for it, each caused by the one before within an hour.';

ALTER TABLE atlas.shadow_workflows ADD COLUMN rules integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN atlas.shadow_workflows.rules IS 'The version of the rules that it was compared by; others today mean that the comparison is out of date.';

CREATE TABLE atlas.ownership_epochs (
    organization_id uuid PRIMARY KEY,
    epoch bigint NOT NULL
);
COMMENT ON TABLE atlas.ownership_epochs IS
    'How often owners of an organization''s workflows changed. A transaction that notes an event sees the change or does not, and so '
    'does whatever else asks in it: instants of a clock cannot say that.';

ALTER TABLE atlas.execution_owners ADD COLUMN taken_epoch bigint, ADD COLUMN returned_epoch bigint;
COMMENT ON COLUMN atlas.execution_owners.taken_epoch IS 'The epoch from which on events are ours. NULL where it was decided before there were epochs.';
COMMENT ON COLUMN atlas.execution_owners.returned_epoch IS
    'The epoch from which on events are the old application''s again; those before that were not handled yet are owed. NULL: none are.';

ALTER TABLE atlas.event_outbox
    ADD COLUMN owner_epoch bigint, ADD COLUMN caused_by uuid, ADD COLUMN depth smallint;
COMMENT ON COLUMN atlas.event_outbox.owner_epoch IS 'The epoch of ownership that the event''s own transaction saw.';
COMMENT ON COLUMN atlas.event_outbox.caused_by IS 'The execution whose action made it happen; NULL for all else.';
COMMENT ON COLUMN atlas.event_outbox.depth IS 'How deep in a chain of executions that one is; NULL where none is known.';

-- A few locks for all organizations: a bulk import over all of them must not fill the table of locks.
CREATE FUNCTION atlas.owners_lock(organization uuid) RETURNS integer
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp
RETURN (hashtextextended(organization::text, 0) & 63)::integer;
COMMENT ON FUNCTION atlas.owners_lock(uuid) IS
    'Under which number who changes owners meets who notes events (class 822001) and who decides about them (822003).';

CREATE FUNCTION atlas.hold_owners(organization uuid) RETURNS void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT pg_advisory_xact_lock_shared(822001, atlas.owners_lock(hold_owners.organization));
END;
COMMENT ON FUNCTION atlas.hold_owners(uuid) IS 'Lets no owner of the organization''s workflows change until the transaction ends.';

CREATE FUNCTION atlas.hold_decisions(organization uuid, alone boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF alone THEN
        PERFORM pg_advisory_xact_lock(822003, atlas.owners_lock(organization));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(822003, atlas.owners_lock(organization));
    END IF;
END
$$;
COMMENT ON FUNCTION atlas.hold_decisions(uuid, boolean) IS
    'What is decided about events of an organization holds until the transaction ends: workers share it, who gives workflows back has '
    'it alone and first, so that no worker waits for rows behind it while it waits for the worker.';

CREATE FUNCTION atlas.change_owners(organization uuid) RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    patience text := current_setting('lock_timeout');
    next_epoch bigint;
BEGIN
    -- Shorter than the time after which deadlocks are looked for: whoever meets us with a row locked that we want goes on.
    PERFORM set_config('lock_timeout', '300ms', true);
    PERFORM pg_advisory_xact_lock(822001, atlas.owners_lock(organization));
    PERFORM set_config('lock_timeout', patience, true);
    INSERT INTO atlas.ownership_epochs AS e (organization_id, epoch)
    VALUES (organization, 1)
    ON CONFLICT (organization_id) DO UPDATE SET epoch = e.epoch + 1
    RETURNING e.epoch INTO next_epoch;
    RETURN next_epoch;
END
$$;
COMMENT ON FUNCTION atlas.change_owners(uuid) IS
    'Waits for the transactions that note events of an organization, keeps new ones waiting, and begins the next epoch; the last '
    'thing of a transaction that changes owners. Fails with lock_not_available after 300 ms: try the transaction again.';

CREATE FUNCTION atlas.note_circumstances() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    effect text := nullif(current_setting('atlas.effect_key', true), '');
BEGIN
    -- One that is restored from a backup says it already.
    IF NEW.owner_epoch IS NOT NULL THEN
        RETURN NEW;
    END IF;
    PERFORM atlas.hold_owners(NEW.organization_id);
    -- In a statement of its own: it sees what was committed while the lock was waited for.
    NEW.owner_epoch := coalesce((SELECT e.epoch FROM atlas.ownership_epochs AS e WHERE e.organization_id = NEW.organization_id), 0);
    IF effect IS NOT NULL THEN
        SELECT f.execution_id, f.depth INTO NEW.caused_by, NEW.depth
        FROM atlas.effects AS f
        WHERE f.organization_id = NEW.organization_id AND f.effect_key = effect;
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION atlas.note_circumstances() IS
    'Database trigger: an event knows who owned what when it was noted, and the execution whose action caused it.';
CREATE TRIGGER note_circumstances BEFORE INSERT ON atlas.event_outbox
    FOR EACH ROW EXECUTE FUNCTION atlas.note_circumstances();

DROP FUNCTION atlas.accepts_event(uuid, timestamptz, text);
CREATE FUNCTION atlas.accepts_event(
    workflow_id uuid, happened_at timestamptz, trigger_key text DEFAULT '', epoch bigint DEFAULT NULL
) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT
        CASE
            WHEN coalesce(own.owner, w.owner) = 'legacy_app' THEN
                CASE
                    WHEN accepts_event.epoch >= whole.taken_epoch AND accepts_event.epoch < whole.returned_epoch THEN 'owed'
                    ELSE 'no'
                END
            WHEN
                whole.fenced_at IS NOT NULL
                AND coalesce(accepts_event.epoch < whole.taken_epoch, accepts_event.happened_at <= whole.fenced_at)
                THEN 'no'
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
COMMENT ON FUNCTION atlas.accepts_event(uuid, timestamptz, text, bigint) IS
    'Whether an event may start the workflow here: yes; no (it is the old application''s, or from before the fence); later '
    '(executions begun before the fence still run: keep the event and ask again); owed (the workflow went back, and the event is from '
    'before). With the epoch that the event saw the order of commits decides, without it the clock. NULL for a workflow that is not there.';

-- With the old meaning a workflow may be on though its translation is not. When it goes back its status is the translation's
-- again, and what it owes has to find it all the same.
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
    WHERE w.id = workflow AND (w.status = 'active' OR w.status <> 'archived' AND v.executor = 'atlas_legacy' AND w.owner = 'legacy_app' AND EXISTS (
        SELECT FROM atlas.execution_owners AS e
        WHERE e.organization_id = w.organization_id AND e.workflow_id = w.id AND e.trigger_key = '' AND e.returned_epoch IS NOT NULL
    ))
        AND t.found -> 'enabled' IS DISTINCT FROM 'false'
        AND t.found ->> 'id' IS NOT NULL
        AND CASE t.found ->> 'type' WHEN 'event' THEN t.found -> 'parameters' ->> 'name' ELSE t.found ->> 'type' END <> ''
    ON CONFLICT DO NOTHING;
    PERFORM set_config('atlas.acting', acted, true);
END
$$;
COMMENT ON FUNCTION atlas.refresh_listening(uuid) IS
    'Writes anew what the triggers of a workflow listen for; nothing where it is not published, or neither active nor given back with '
    'the old meaning while events may be owed.';

SELECT atlas.secure('atlas.ownership_epochs'::regclass);
GRANT SELECT ON atlas.ownership_epochs TO atlas_app;
REVOKE ALL ON FUNCTION atlas.owners_lock(uuid), atlas.hold_owners(uuid), atlas.hold_decisions(uuid, boolean),
    atlas.change_owners(uuid), atlas.note_circumstances(),
    atlas.accepts_event(uuid, timestamptz, text, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.owners_lock(uuid), atlas.hold_owners(uuid), atlas.accepts_event(uuid, timestamptz, text, bigint)
TO atlas_app;

-- Where an administrator let the owner pass by ownership, the new table follows.
DO $$
BEGIN
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = 'atlas.workflows'::regclass) THEN
        ALTER TABLE atlas.ownership_epochs NO FORCE ROW LEVEL SECURITY;
    END IF;
END
$$;
