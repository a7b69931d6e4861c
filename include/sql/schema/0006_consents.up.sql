-- The consent ledger's feed from the legacy opt-in columns, and the state it adds up to.

CREATE FUNCTION atlas.legacy_column(source regclass, VARIADIC candidates text[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN (
    SELECT a.attname::text
    FROM pg_attribute AS a
    WHERE a.attrelid = source AND a.attname = ANY (candidates) AND a.attnum > 0 AND NOT a.attisdropped
    ORDER BY array_position(candidates, a.attname::text)
    LIMIT 1
);
COMMENT ON FUNCTION atlas.legacy_column(regclass, text[]) IS 'The first of the named columns that a legacy table has, or NULL.';

CREATE FUNCTION atlas.legacy_organization_expression(source regclass, alias text) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    own text := atlas.legacy_column(source, 'organization_id', 'org_id');
    link text;
    parent regclass;
    parent_organization text;
    parts text[] := '{}';
BEGIN
    IF own IS NOT NULL THEN
        parts := parts || format('%s.%I::text', alias, own);
    END IF;
    -- Older contacts have no organization of their own and are found through their lead or client.
    FOREACH link IN ARRAY ARRAY['lead', 'client'] LOOP
        parent := to_regclass(format('public.%Is', link));
        CONTINUE WHEN parent IS NULL OR parent = source OR atlas.legacy_column(source, link || '_id') IS NULL;
        parent_organization := atlas.legacy_column(parent, 'organization_id', 'org_id');
        CONTINUE WHEN parent_organization IS NULL;
        parts := parts || format(
            '(SELECT p.%I::text FROM %s AS p WHERE p.id::text = %s.%I::text)',
            parent_organization, parent, alias, link || '_id'
        );
    END LOOP;
    parts := parts || 'NULL'::text;
    RETURN format('coalesce(%s)', array_to_string(parts, ', '));
END
$$;
COMMENT ON FUNCTION atlas.legacy_organization_expression(regclass, text) IS
    'SQL text that yields the organization of a legacy row: its own column, else that of its lead or client.';

CREATE FUNCTION atlas.legacy_consent_query(source regclass) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    organization text := atlas.legacy_organization_expression(source, 's');
    channel text;
    opt_in text;
    branches text[] := '{}';
BEGIN
    FOREACH channel IN ARRAY ARRAY['email', 'sms', 'whatsapp'] LOOP
        opt_in := atlas.legacy_column(source, channel || '_opt_in', channel || '_opted_in', channel || '_consent');
        CONTINUE WHEN opt_in IS NULL;
        branches := branches || format(
            'SELECT %s, s.id::text, %L, %L, s.%I::text, '
            'lower(s.%I::text) IN (''true'', ''t'', ''yes'', ''1''), NULL::timestamptz '
            'FROM %s AS s WHERE s.%I IS NOT NULL',
            organization, channel, opt_in, opt_in, opt_in, source, opt_in
        );
    END LOOP;
    opt_in := atlas.legacy_column(source, 'unsubscribed_at');
    IF opt_in IS NOT NULL THEN
        branches := branches || format(
            'SELECT %s, s.id::text, ''all'', %L, coalesce(s.%I::text, ''''), s.%I IS NULL, s.%I::timestamptz FROM %s AS s',
            organization, opt_in, opt_in, opt_in, opt_in, source
        );
    END IF;
    RETURN array_to_string(branches, ' UNION ALL ');
END
$$;
COMMENT ON FUNCTION atlas.legacy_consent_query(regclass) IS
    'SQL text that reads what a legacy table says about consent, one row per subject and column; empty where it says nothing.';

-- Adds what is new since the last call and nothing else: a value that was recorded already is not recorded again, and
-- an empty unsubscribed_at only counts (as granted again) where it was set before.
CREATE FUNCTION atlas.record_legacy_consents(
    source_table text, organizations text[] DEFAULT NULL, OUT added bigint
)
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET "TimeZone" = 'UTC'
SET "DateStyle" = 'ISO, YMD'
AS $$
DECLARE
    source regclass := to_regclass(format('public.%I', record_legacy_consents.source_table));
    question text;
    legacy_name text := record_legacy_consents.source_table;
    row_security_before text := current_setting('row_security');
BEGIN
    added := 0;
    IF source IS NULL OR atlas.legacy_column(source, 'id') IS NULL THEN
        RETURN;
    END IF;
    question := atlas.legacy_consent_query(source);
    IF question = '' THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('atlas.consents', 0));
    PERFORM set_config('atlas.acting', 'migration', true);
    -- Off while the legacy side is read: a policy that would hide people raises. On for our own tables, whose policies
    -- let an owner without BYPASSRLS through.
    PERFORM set_config('row_security', 'off', true);
    EXECUTE format(
        $query$
        CREATE TEMPORARY TABLE atlas_consents_said ON COMMIT DROP AS
        SELECT said.*, encode(sha256(convert_to(
            concat_ws('|', %1$L, said.subject_id, said.said_by, said.said), 'UTF8'
        )), 'hex') AS evidence_hash
        FROM (%2$s) AS said (organization, subject_id, channel, said_by, said, granted, effective_at)
        $query$, legacy_name, question
    );
    PERFORM set_config('row_security', 'on', true);
    INSERT INTO atlas.consents (
        organization_id, subject_table, subject_id, channel, state, basis, effective_at, evidence_hash
    )
    SELECT
        CASE WHEN atlas.is_uuid(said.organization) THEN said.organization::uuid END,
        legacy_name, said.subject_id, said.channel,
        CASE WHEN said.granted THEN 'granted' ELSE 'withdrawn' END,
        legacy_name || '.' || said.said_by, said.effective_at, said.evidence_hash
    FROM pg_temp.atlas_consents_said AS said
    LEFT JOIN (
        SELECT DISTINCT ON (c.subject_id, c.channel, c.basis) c.subject_id, c.channel, c.basis, c.evidence_hash
        FROM atlas.consents AS c
        WHERE c.subject_table = legacy_name
        ORDER BY c.subject_id, c.channel, c.basis, c.id DESC
    ) AS known
        ON known.subject_id = said.subject_id AND known.channel = said.channel
        AND known.basis = legacy_name || '.' || said.said_by
    WHERE said.evidence_hash IS DISTINCT FROM known.evidence_hash
        AND NOT (said.said = '' AND known.evidence_hash IS NULL)
        AND (
            record_legacy_consents.organizations IS NULL
            OR said.organization = ANY (record_legacy_consents.organizations)
        )
    ORDER BY said.subject_id, said.channel;
    GET DIAGNOSTICS added = ROW_COUNT;
    DROP TABLE pg_temp.atlas_consents_said;
    PERFORM set_config('row_security', row_security_before, true);
END
$$;
COMMENT ON FUNCTION atlas.record_legacy_consents(text, text[]) IS
    'Adds to the consent ledger what contacts, leads or clients say now and did not say at the last call; returns how many entries.';

CREATE VIEW atlas.consent_states WITH (security_invoker = true) AS
WITH latest AS (
    SELECT DISTINCT ON (c.subject_table, c.subject_id, c.channel, c.basis)
        c.organization_id, c.subject_table, c.subject_id, c.channel, c.basis, c.state, c.effective_at, c.recorded_at
    FROM atlas.consents AS c
    ORDER BY c.subject_table, c.subject_id, c.channel, c.basis, c.id DESC
),
asked AS (
    SELECT DISTINCT l.organization_id, l.subject_table, l.subject_id, channels.channel
    FROM latest AS l
    CROSS JOIN (VALUES ('email'), ('sms'), ('whatsapp')) AS channels (channel)
    WHERE l.channel IN ('all', channels.channel)
)
SELECT
    a.organization_id, a.subject_table, a.subject_id, a.channel,
    bool_and(l.state = 'granted') AS may_be_contacted,
    max(l.effective_at) FILTER (WHERE l.state = 'withdrawn') AS withdrawn_at
FROM asked AS a
JOIN latest AS l
    ON l.subject_table = a.subject_table AND l.subject_id = a.subject_id AND l.channel IN ('all', a.channel)
    AND l.organization_id IS NOT DISTINCT FROM a.organization_id
GROUP BY a.organization_id, a.subject_table, a.subject_id, a.channel;
COMMENT ON VIEW atlas.consent_states IS
    'Who may be contacted on which channel: every basis that spoke must have granted it, so one withdrawal is enough to stop.';

REVOKE ALL ON FUNCTION atlas.legacy_column(regclass, text[]), atlas.legacy_organization_expression(regclass, text),
    atlas.legacy_consent_query(regclass), atlas.record_legacy_consents(text, text[]) FROM PUBLIC;
GRANT SELECT ON atlas.consent_states TO atlas_app;
