-- What is asked before a message goes out: policies, held and skipped effects, and what the legacy rows of a person say.

ALTER TABLE atlas.effects DROP CONSTRAINT effects_status_check;
ALTER TABLE atlas.effects ADD CONSTRAINT effects_status_check CHECK (
    status IN ('intended', 'held', 'dispatching', 'done', 'failed', 'unknown', 'cancelled', 'skipped')
);
ALTER TABLE atlas.effects
    ADD COLUMN dispatched_at timestamptz, ADD COLUMN held_until timestamptz, ADD COLUMN held_reason text,
    ADD COLUMN skip_reason text;
ALTER TABLE atlas.effects ADD CONSTRAINT effects_held_until CHECK (status <> 'held' OR held_until IS NOT NULL);
CREATE INDEX effects_held ON atlas.effects (held_until) WHERE status = 'held';
CREATE INDEX effects_skipped ON atlas.effects (organization_id, finished_at) WHERE status = 'skipped';
CREATE INDEX effects_sent ON atlas.effects (organization_id, subject, dispatched_at)
WHERE kind IN ('send_email', 'send_sms', 'send_whatsapp', 'make_call');
COMMENT ON COLUMN atlas.effects.dispatched_at IS 'When a worker took it last to be sent; frequency caps count from here.';
COMMENT ON COLUMN atlas.effects.held_until IS 'When the send policy is asked again; the effect is intended again then.';
COMMENT ON COLUMN atlas.effects.held_reason IS 'Why it is held, or was held last, in words.';
COMMENT ON COLUMN atlas.effects.skip_reason IS 'Why it was not sent and will not be, in words.';

CREATE TABLE atlas.send_policies (
    organization_id uuid NOT NULL,
    document jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    set_by text NOT NULL,
    reason text NOT NULL,
    set_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id)
);
COMMENT ON TABLE atlas.send_policies IS
    'Consent, quiet hours, business hours and frequency caps of an organization; without a row the defaults hold.';
COMMENT ON COLUMN atlas.send_policies.document IS 'As in docs/reference/send-policy.md; checked before it is written.';

CREATE TABLE atlas.consent_writes (
    organization_id uuid NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    legacy_table text NOT NULL,
    legacy_id text NOT NULL,
    column_name text NOT NULL,
    value_before text,
    value_after text,
    written_at timestamptz NOT NULL DEFAULT now(),
    written_by text NOT NULL,
    undone_at timestamptz,
    PRIMARY KEY (organization_id, id)
);
COMMENT ON TABLE atlas.consent_writes IS
    'Consents written to legacy opt-in columns, so that the old application honours them, with the value before.';

CREATE FUNCTION atlas.legacy_key_expression(source regclass, column_name text, given text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT CASE
        WHEN format_type(a.atttypid, NULL) = 'uuid'
            THEN format('CASE WHEN atlas.is_uuid(%s) THEN (%s)::uuid END', given, given)
        WHEN format_type(a.atttypid, NULL) IN ('bigint', 'integer', 'smallint')
            THEN format('CASE WHEN %s ~ ''^[0-9]{1,18}$'' THEN (%s)::bigint END', given, given)
        ELSE given
    END
    FROM pg_attribute AS a
    WHERE a.attrelid = source AND a.attname = legacy_key_expression.column_name AND NOT a.attisdropped
);
COMMENT ON FUNCTION atlas.legacy_key_expression(regclass, text, text) IS
    'SQL text that makes a text into a value of a legacy column (so that its index serves), NULL where it is none.';

CREATE FUNCTION atlas.legacy_time_expression(source regclass, column_name text, alias text) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN coalesce((
    SELECT format('%s.%I::timestamptz', alias, a.attname)
    FROM pg_attribute AS a
    WHERE a.attrelid = source AND a.attname = legacy_time_expression.column_name AND NOT a.attisdropped
        AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype)
), 'NULL::timestamptz');
COMMENT ON FUNCTION atlas.legacy_time_expression(regclass, text, text) IS
    'SQL text that reads a legacy column as an instant; NULL where it holds text, which need not be one.';

CREATE FUNCTION atlas.legacy_people_tables() RETURNS TABLE (name text, source regclass)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT t.name, to_regclass(format('public.%I', t.name))
    FROM (VALUES ('contacts'), ('leads'), ('clients')) AS t (name)
    WHERE atlas.legacy_column(to_regclass(format('public.%I', t.name)), 'id') IS NOT NULL;
END;
COMMENT ON FUNCTION atlas.legacy_people_tables() IS 'The legacy tables that hold people and are here.';

CREATE FUNCTION atlas.legacy_consent_columns(source regclass) RETURNS TABLE (channel text, column_name text)
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT c.channel, atlas.legacy_column(legacy_consent_columns.source, c.channel || '_opt_in', c.channel || '_opted_in', c.channel || '_consent')
    FROM (VALUES ('email'), ('sms'), ('whatsapp')) AS c (channel)
    WHERE atlas.legacy_column(legacy_consent_columns.source, c.channel || '_opt_in', c.channel || '_opted_in', c.channel || '_consent')
        IS NOT NULL
    UNION ALL
    SELECT 'all', 'unsubscribed_at'
    WHERE atlas.legacy_column(legacy_consent_columns.source, 'unsubscribed_at') IS NOT NULL;
END;
COMMENT ON FUNCTION atlas.legacy_consent_columns(regclass) IS 'The opt-in columns of a legacy table by channel, and unsubscribed_at for all.';

CREATE FUNCTION atlas.people_query() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    person record;
    link text;
    linked regclass;
    here text;
    mine text;
    branches text[] := '{}';
BEGIN
    FOR person IN SELECT t.name, t.source FROM atlas.legacy_people_tables() AS t LOOP
        mine := format(
            'coalesce(%s, k.organization_id) = k.organization_id', atlas.legacy_organization_expression(person.source, 's')
        );
        here := format(
            'FROM known AS k JOIN %s AS s ON s.id = %s WHERE coalesce(k.subject_table, %L) = %L AND %s',
            person.source, atlas.legacy_key_expression(person.source, 'id', 'k.subject_id'), person.name, person.name, mine
        );
        branches := branches || format('SELECT k.place, k.organization_id, %L, s.id::text %s', person.name, here);
        FOREACH link IN ARRAY ARRAY['lead', 'client'] LOOP
            CONTINUE WHEN atlas.legacy_column(person.source, link || '_id') IS NULL;
            linked := (SELECT t.source FROM atlas.legacy_people_tables() AS t WHERE t.name = link || 's');
            branches := branches || format(
                'SELECT k.place, k.organization_id, %L, s.%I::text %s AND s.%I IS NOT NULL',
                link || 's', link || '_id', here, link || '_id'
            );
            -- A link may be wrong: a row of another organization is nobody of this one.
            IF linked IS NOT NULL THEN
                branches[cardinality(branches)] := branches[cardinality(branches)] || format(
                    ' AND NOT EXISTS (SELECT FROM %s AS o WHERE o.id = %s AND %s <> k.organization_id)',
                    linked, atlas.legacy_key_expression(linked, 'id', format('s.%I::text', link || '_id')),
                    atlas.legacy_organization_expression(linked, 'o')
                );
            END IF;
            branches := branches || format(
                'SELECT k.place, k.organization_id, %L, s.id::text FROM known AS k JOIN %s AS s ON s.%I = %s '
                'WHERE coalesce(k.subject_table, %L) = %L AND %s',
                person.name, person.source, link || '_id',
                atlas.legacy_key_expression(person.source, link || '_id', 'k.subject_id'), link || 's', link || 's', mine
            );
        END LOOP;
    END LOOP;
    RETURN array_to_string(branches, ' UNION ');
END
$$;
COMMENT ON FUNCTION atlas.people_query() IS
    'SQL text that finds the rows of contacts, leads and clients linked to those in `known`; empty where there are no such tables.';

-- Hash joins and scans are allowed here, whatever the session says: one pass over a table without an index on its links
-- costs less than one for each person.
CREATE FUNCTION atlas.people_of(asked json)
RETURNS TABLE (place integer, organization_id text, subject_table text, subject_id text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = on
SET enable_hashjoin = on
AS $$
DECLARE
    question text := atlas.people_query();
    found json := asked;
    before integer := -1;
BEGIN
    FOR round IN 1 .. 3 LOOP
        EXIT WHEN question = '' OR json_array_length(found) = before;
        before := json_array_length(found);
        EXECUTE format(
            'WITH known AS MATERIALIZED (SELECT k.place, k.organization_id, k.subject_table, k.subject_id '
            'FROM json_to_recordset($1) AS k (place integer, organization_id text, subject_table text, subject_id text)) '
            'SELECT json_agg(f) FROM (SELECT * FROM known UNION %s) AS f', question
        ) INTO found USING found;
    END LOOP;
    RETURN QUERY
    SELECT k.place, k.organization_id, k.subject_table, k.subject_id
    FROM json_to_recordset(found) AS k (place integer, organization_id text, subject_table text, subject_id text);
END
$$;
COMMENT ON FUNCTION atlas.people_of(json) IS
    'The subjects asked for, and every row of contacts, leads and clients that is the same person by lead_id and client_id.';

CREATE FUNCTION atlas.consents_of(people json)
RETURNS TABLE (place integer, channel text, granted boolean, basis text, effective_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    person record;
    opt_in record;
    branches text[] := ARRAY['SELECT NULL::integer, '''', '''', '''', '''', NULL::boolean, NULL::timestamptz WHERE false'];
BEGIN
    FOR person IN SELECT t.name, t.source FROM atlas.legacy_people_tables() AS t LOOP
        FOR opt_in IN SELECT c.channel, c.column_name FROM atlas.legacy_consent_columns(person.source) AS c LOOP
            branches := branches || format(
                'SELECT k.place, k.subject_table, k.subject_id, %L, %L, %s FROM known AS k '
                'JOIN %s AS s ON s.id = %s WHERE k.subject_table = %L',
                opt_in.channel, person.name || '.' || opt_in.column_name,
                CASE WHEN opt_in.channel = 'all' THEN format(
                    'CASE WHEN trim(s.unsubscribed_at::text) <> '''' THEN false END, %s',
                    atlas.legacy_time_expression(person.source, opt_in.column_name, 's')
                )
                ELSE format('lower(s.%I::text) IN (''true'', ''t'', ''yes'', ''1''), NULL', opt_in.column_name) END,
                person.source, atlas.legacy_key_expression(person.source, 'id', 'k.subject_id'), person.name
            );
        END LOOP;
    END LOOP;
    -- What a legacy column says now counts instead of what the ledger read there once.
    RETURN QUERY EXECUTE format(
        $query$
        WITH known AS MATERIALIZED (
            SELECT k.place, k.organization_id, k.subject_table, k.subject_id
            FROM json_to_recordset($1) AS k (place integer, organization_id text, subject_table text, subject_id text)
        ),
        live (place, subject_table, subject_id, channel, basis, granted, effective_at) AS MATERIALIZED (%s),
        latest AS (
            SELECT DISTINCT ON (k.place, c.subject_table, c.subject_id, c.channel, c.basis)
                k.place, c.subject_table, c.subject_id, c.channel, c.basis, c.state = 'granted' AS granted, c.effective_at
            FROM known AS k
            JOIN atlas.consents AS c
                ON c.subject_id = k.subject_id AND c.subject_table IN ('contacts', 'leads', 'clients', 'subjects')
            WHERE (k.subject_table IS NULL OR c.subject_table IN (k.subject_table, 'subjects'))
                AND (c.organization_id IS NULL OR c.organization_id::text = k.organization_id)
            ORDER BY k.place, c.subject_table, c.subject_id, c.channel, c.basis, c.id DESC
        )
        SELECT l.place, l.channel, l.granted, l.basis, l.effective_at
        FROM live AS l
        WHERE l.granted IS NOT NULL
        UNION
        SELECT l.place, l.channel, l.granted, l.basis, l.effective_at
        FROM latest AS l
        WHERE NOT EXISTS (
            SELECT FROM live AS v
            WHERE v.place = l.place AND v.subject_table = l.subject_table AND v.subject_id = l.subject_id AND v.basis = l.basis
        )
            -- Nobody agrees to anything by no longer being unsubscribed.
            AND NOT (l.granted AND l.channel = 'all' AND l.basis LIKE '%%.unsubscribed_at')
        $query$, array_to_string(branches, ' UNION ALL ')
    ) USING people;
END
$$;
COMMENT ON FUNCTION atlas.consents_of(json) IS
    'What every source says now about the consent of people: legacy columns as they are, and the ledger''s latest entries.';

CREATE FUNCTION atlas.whereabouts_of(people json) RETURNS TABLE (place integer, source text, value text)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    person record;
    link text;
    spots record;
    here text;
    organizations regclass := to_regclass('public.organizations');
    zone text;
    branches text[] := ARRAY['SELECT NULL::integer, '''', '''' WHERE false'];
BEGIN
    FOR person IN SELECT t.name, t.source FROM atlas.legacy_people_tables() AS t LOOP
        here := format(
            'FROM known AS k JOIN %s AS s ON s.id = %s ', person.source,
            atlas.legacy_key_expression(person.source, 'id', 'k.subject_id')
        );
        zone := atlas.legacy_column(person.source, 'timezone', 'time_zone');
        IF zone IS NOT NULL THEN
            branches := branches || format('SELECT k.place, ''own'', s.%I::text %s WHERE k.subject_table = %L', zone, here, person.name);
        END IF;
        IF atlas.legacy_column(person.source, 'metadata') IS NOT NULL THEN
            branches := branches || format(
                'SELECT k.place, ''own'', to_jsonb(s.metadata) ->> ''timezone'' %s WHERE k.subject_table = %L', here, person.name
            );
        END IF;
        link := atlas.legacy_column(person.source, 'phone', 'phone_number');
        IF link IS NOT NULL THEN
            branches := branches || format('SELECT k.place, ''phones'', s.%I::text %s WHERE k.subject_table = %L', link, here, person.name);
        END IF;
        FOR spots IN
            SELECT v.link, v.spot, atlas.legacy_column(v.spot, 'timezone', 'time_zone') AS zone
            FROM (VALUES ('location_id', to_regclass('public.locations')), ('branch_id', to_regclass('public.branches'))) AS v (link, spot)
            WHERE atlas.legacy_column(person.source, v.link) IS NOT NULL AND atlas.legacy_column(v.spot, 'id') IS NOT NULL
                AND atlas.legacy_column(v.spot, 'timezone', 'time_zone') IS NOT NULL
        LOOP
            branches := branches || format(
                'SELECT k.place, ''place'', l.%I::text %s JOIN %s AS l ON l.id::text = s.%I::text WHERE k.subject_table = %L',
                spots.zone, here, spots.spot, spots.link, person.name
            );
        END LOOP;
    END LOOP;
    FOR spots IN
        SELECT v.spot, atlas.legacy_column(v.spot, 'timezone', 'time_zone') AS zone, atlas.legacy_column(v.spot, 'organization_id', 'org_id') AS owner
        FROM (VALUES (to_regclass('public.locations')), (to_regclass('public.branches'))) AS v (spot)
        WHERE atlas.legacy_column(v.spot, 'timezone', 'time_zone') IS NOT NULL AND atlas.legacy_column(v.spot, 'organization_id', 'org_id') IS NOT NULL
    LOOP
        branches := branches || format(
            'SELECT k.place, ''branches'', l.%I::text FROM known AS k JOIN %s AS l ON l.%I::text = k.organization_id WHERE k.subject_table IS NULL',
            spots.zone, spots.spot, spots.owner
        );
    END LOOP;
    zone := atlas.legacy_column(organizations, 'timezone', 'time_zone');
    IF zone IS NOT NULL AND atlas.legacy_column(organizations, 'id') IS NOT NULL THEN
        branches := branches || format(
            'SELECT k.place, ''organization'', o.%I::text FROM known AS k JOIN %s AS o ON o.id = %s WHERE k.subject_table IS NULL',
            zone, organizations, atlas.legacy_key_expression(organizations, 'id', 'k.organization_id')
        );
    END IF;
    RETURN QUERY EXECUTE format(
        'WITH known AS MATERIALIZED (SELECT k.place, k.organization_id, k.subject_table, k.subject_id '
        'FROM json_to_recordset($1) AS k (place integer, organization_id text, subject_table text, subject_id text)) '
        'SELECT DISTINCT f.place, f.source, trim(f.value) FROM (%s) AS f (place, source, value) WHERE trim(f.value) <> '''' '
        'ORDER BY 1, 2, 3', array_to_string(branches, ' UNION ALL ')
    ) USING people;
END
$$;
COMMENT ON FUNCTION atlas.whereabouts_of(json) IS
    'What tells where people are: zones of their own rows, locations and organization, and telephone numbers.';

CREATE FUNCTION atlas.heard_from(people json, since timestamptz) RETURNS TABLE (place integer, heard_at timestamptz)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
SET enable_seqscan = on
SET enable_hashjoin = on
AS $$
DECLARE
    source regclass := to_regclass('public.messages');
    medium text := atlas.legacy_column(source, 'type', 'channel');
    happened text := atlas.legacy_time_expression(source, 'created_at', 'm');
    link text;
    branches text[] := '{}';
BEGIN
    IF medium IS NULL OR atlas.legacy_column(source, 'direction') IS NULL OR happened LIKE 'NULL%' THEN
        RETURN;
    END IF;
    FOREACH link IN ARRAY ARRAY['contact', 'lead', 'client'] LOOP
        CONTINUE WHEN atlas.legacy_column(source, link || '_id') IS NULL;
        branches := branches || format(
            'SELECT k.place, %s FROM known AS k JOIN %s AS m ON m.%I = %s '
            'WHERE k.subject_table = %L AND m.created_at > $2 AND m.direction::text = ''inbound'' AND lower(m.%I::text) = ''whatsapp''',
            happened, source, link || '_id', atlas.legacy_key_expression(source, link || '_id', 'k.subject_id'),
            link || 's', medium
        );
    END LOOP;
    IF branches = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE format(
        'WITH known AS MATERIALIZED (SELECT k.place, k.subject_table, k.subject_id '
        'FROM json_to_recordset($1) AS k (place integer, subject_table text, subject_id text)) '
        'SELECT f.place, max(f.at) FROM (%s) AS f (place, at) GROUP BY f.place', array_to_string(branches, ' UNION ALL ')
    ) USING people, since;
END
$$;
COMMENT ON FUNCTION atlas.heard_from(json, timestamptz) IS 'When people last wrote by WhatsApp, by the legacy messages since then.';

-- The value before is read under the row's lock, so that no change of the old application's is lost.
CREATE FUNCTION atlas.write_consent_back(
    organization uuid, people json, said_channel text, is_granted boolean, said_at timestamptz, actor text
) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET "TimeZone" = 'UTC'
SET "DateStyle" = 'ISO, YMD'
AS $$
DECLARE
    person record;
    opt_in record;
    before text;
    after text;
    written integer := 0;
    changed boolean;
BEGIN
    FOR person IN
        SELECT DISTINCT t.name, t.source, k.subject_id
        FROM json_to_recordset(people) AS k (subject_table text, subject_id text)
        JOIN atlas.legacy_people_tables() AS t ON t.name = k.subject_table
        ORDER BY t.name, k.subject_id
    LOOP
        FOR opt_in IN
            SELECT c.channel, c.column_name
            FROM atlas.legacy_consent_columns(person.source) AS c
            WHERE c.channel = said_channel
                -- A table without unsubscribed_at holds "nothing on any channel" in its opt-ins.
                OR (said_channel = 'all' AND NOT EXISTS (
                    SELECT FROM atlas.legacy_consent_columns(person.source) AS o WHERE o.channel = 'all'
                ))
        LOOP
            EXECUTE format(
                'SELECT s.%I::text FROM %s AS s WHERE s.id = %s FOR UPDATE', opt_in.column_name, person.source,
                atlas.legacy_key_expression(person.source, 'id', '$1')
            ) INTO before USING person.subject_id;
            after := CASE
                WHEN opt_in.channel <> 'all' THEN is_granted::text
                WHEN NOT is_granted THEN coalesce(before, said_at::text)
            END;
            CONTINUE WHEN before IS NOT DISTINCT FROM after;
            changed := atlas.set_legacy_value(person.source, person.subject_id, opt_in.column_name, after);
            CONTINUE WHEN NOT changed;
            EXECUTE format(
                'SELECT s.%I::text FROM %s AS s WHERE s.id = %s', opt_in.column_name, person.source,
                atlas.legacy_key_expression(person.source, 'id', '$1')
            ) INTO after USING person.subject_id;
            INSERT INTO atlas.consent_writes (
                organization_id, legacy_table, legacy_id, column_name, value_before, value_after, written_by
            ) VALUES (organization, person.name, person.subject_id, opt_in.column_name, before, after, actor);
            INSERT INTO atlas.consents (
                organization_id, subject_table, subject_id, channel, state, basis, effective_at, evidence_hash
            ) VALUES (
                organization, person.name, person.subject_id, opt_in.channel,
                CASE WHEN is_granted THEN 'granted' ELSE 'withdrawn' END,
                person.name || '.' || opt_in.column_name, said_at,
                encode(sha256(convert_to(
                    concat_ws('|', person.name, person.subject_id, opt_in.column_name, coalesce(after, '')), 'UTF8'
                )), 'hex')
            );
            written := written + 1;
        END LOOP;
    END LOOP;
    RETURN written;
END
$$;
COMMENT ON FUNCTION atlas.write_consent_back(uuid, json, text, boolean, timestamptz, text) IS
    'Writes a consent to the opt-in columns of a person''s legacy rows, with the values before; returns how many changed.';

CREATE FUNCTION atlas.set_legacy_value(source regclass, id text, column_name text, value text) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET "TimeZone" = 'UTC'
SET "DateStyle" = 'ISO, YMD'
AS $$
DECLARE
    kind text;
    changed integer;
BEGIN
    SELECT format_type(a.atttypid, a.atttypmod) INTO kind
    FROM pg_attribute AS a
    WHERE a.attrelid = source AND a.attname = set_legacy_value.column_name AND NOT a.attisdropped;
    EXECUTE format(
        'UPDATE %s AS s SET %I = $2::%s WHERE s.id = %s', source, set_legacy_value.column_name, kind,
        atlas.legacy_key_expression(source, 'id', '$1')
    ) USING set_legacy_value.id, set_legacy_value.value;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed = 1;
END
$$;
COMMENT ON FUNCTION atlas.set_legacy_value(regclass, text, text, text) IS
    'Sets one column of one legacy row from its text; whether there was such a row.';

-- What the old application wrote there since then stays.
CREATE FUNCTION atlas.undo_consent_write(organization uuid, write_id bigint) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET "TimeZone" = 'UTC'
SET "DateStyle" = 'ISO, YMD'
AS $$
DECLARE
    written record;
    source regclass;
    current_value text;
BEGIN
    SELECT w.* INTO written
    FROM atlas.consent_writes AS w
    WHERE w.organization_id = organization AND w.id = write_id AND w.undone_at IS NULL
    FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    source := to_regclass(format('public.%I', written.legacy_table));
    IF source IS NULL OR atlas.legacy_column(source, written.column_name) IS NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'SELECT s.%I::text FROM %s AS s WHERE s.id = %s FOR UPDATE', written.column_name, source,
        atlas.legacy_key_expression(source, 'id', '$1')
    ) INTO current_value USING written.legacy_id;
    IF current_value IS DISTINCT FROM written.value_after THEN
        RETURN false;
    END IF;
    PERFORM atlas.set_legacy_value(source, written.legacy_id, written.column_name, written.value_before);
    UPDATE atlas.consent_writes AS w SET undone_at = now() WHERE w.organization_id = organization AND w.id = write_id;
    RETURN true;
END
$$;
COMMENT ON FUNCTION atlas.undo_consent_write(uuid, bigint) IS
    'Gives a legacy opt-in column the value back that it had before; false where it has changed since, or is not to be found.';

SELECT atlas.secure(t::regclass) FROM unnest(ARRAY['atlas.send_policies', 'atlas.consent_writes']) AS t;
GRANT SELECT ON atlas.send_policies, atlas.consent_writes TO atlas_app;
REVOKE ALL ON FUNCTION atlas.legacy_key_expression(regclass, text, text),
    atlas.legacy_time_expression(regclass, text, text), atlas.legacy_people_tables(),
    atlas.legacy_consent_columns(regclass), atlas.people_query(), atlas.people_of(json), atlas.consents_of(json),
    atlas.whereabouts_of(json), atlas.heard_from(json, timestamptz),
    atlas.write_consent_back(uuid, json, text, boolean, timestamptz, text),
    atlas.set_legacy_value(regclass, text, text, text), atlas.undo_consent_write(uuid, bigint) FROM PUBLIC;
