-- Who may do what in which organization, read from whichever membership tables exist; never from what a user can edit.

CREATE FUNCTION atlas.permissions_of(role text) RETURNS text[]
LANGUAGE sql IMMUTABLE
RETURN CASE
    WHEN role IN ('owner', 'admin') THEN ARRAY[
        'workflow:create', 'workflow:edit', 'workflow:delete', 'workflow:execute', 'workflow:analytics',
        'template:manage', 'system:admin'
    ]
    WHEN role = 'manager' THEN ARRAY[
        'workflow:create', 'workflow:edit', 'workflow:delete', 'workflow:execute', 'workflow:analytics',
        'template:manage'
    ]
    WHEN role IN ('staff', 'coach', 'trainer') THEN ARRAY[
        'workflow:create', 'workflow:edit', 'workflow:execute', 'workflow:analytics'
    ]
    WHEN role = 'member' THEN ARRAY['workflow:analytics']
    ELSE ARRAY[]::text[]
END;
COMMENT ON FUNCTION atlas.permissions_of(text) IS
    'The contract''s permissions of a legacy role, within its organization; an unknown role has none.';

CREATE FUNCTION atlas.membership_branch(
    source regclass, user_column text, organization_column text, role_expression text
) RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    active text := 'true';
    extra text := 'NULL::jsonb';
BEGIN
    IF user_column IS NULL OR organization_column IS NULL THEN
        RETURN NULL;
    END IF;
    IF atlas.legacy_column(source, 'is_active') IS NOT NULL THEN
        active := 'coalesce(s.is_active::text IN (''true'', ''t''), false)';
    END IF;
    IF source = to_regclass('public.organization_members') AND atlas.legacy_column(source, 'permissions') IS NOT NULL THEN
        extra := 'to_jsonb(s.permissions)';
    END IF;
    RETURN format(
        'SELECT s.%I::text, s.%I::text, lower(%s), %s, %s FROM %s AS s',
        user_column, organization_column, role_expression, active, extra, source
    );
END
$$;
COMMENT ON FUNCTION atlas.membership_branch(regclass, text, text, text) IS
    'SQL text that reads one membership table as (user, organization, role, active, extra permissions).';

CREATE FUNCTION atlas.users_may_edit(source regclass) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN EXISTS (
    SELECT
    FROM pg_class AS c
    LEFT JOIN pg_attribute AS a
        ON a.attrelid = c.oid AND a.attname IN ('organization_id', 'org_id', 'id', 'auth_id') AND a.attacl IS NOT NULL
    CROSS JOIN LATERAL (
        SELECT * FROM aclexplode(c.relacl)
        UNION ALL
        SELECT * FROM aclexplode(a.attacl)
    ) AS given
    LEFT JOIN pg_roles AS r ON r.oid = given.grantee
    WHERE c.oid = source AND given.privilege_type IN ('UPDATE', 'INSERT')
        AND (given.grantee = 0 OR r.rolname IN ('anon', 'authenticated'))
);
COMMENT ON FUNCTION atlas.users_may_edit(regclass) IS
    'Whether signed-in or anonymous users may write the table; then a column in it proves no membership (a user row names its own organization).';

CREATE FUNCTION atlas.membership_query() RETURNS text
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source regclass;
    role_column text;
    named text;
    branches text[] := '{}';
BEGIN
    FOREACH named IN ARRAY ARRAY['user_organizations', 'organization_members', 'organization_staff'] LOOP
        source := to_regclass('public.' || named);
        CONTINUE WHEN source IS NULL;
        role_column := atlas.legacy_column(source, 'role');
        branches := branches || atlas.membership_branch(
            source, atlas.legacy_column(source, 'user_id'), atlas.legacy_column(source, 'organization_id', 'org_id'),
            CASE WHEN role_column IS NULL THEN '''member''' ELSE 's.role::text' END
        );
    END LOOP;
    source := to_regclass('public.organizations');
    IF source IS NOT NULL THEN
        -- An owner stays one whatever a membership row says, so is_active of the organization is not asked here.
        IF atlas.legacy_column(source, 'owner_id') IS NOT NULL THEN
            branches := branches || format(
                'SELECT s.owner_id::text, s.id::text, ''owner'', NULL::boolean, NULL::jsonb FROM %s AS s', source
            );
        END IF;
    END IF;
    FOREACH named IN ARRAY ARRAY['auth_users', 'users'] LOOP
        source := to_regclass('public.' || named);
        CONTINUE WHEN source IS NULL OR atlas.users_may_edit(source);
        branches := branches || atlas.membership_branch(
            source, atlas.legacy_column(source, 'auth_id', 'id'),
            atlas.legacy_column(source, 'organization_id', 'org_id'), '''member'''
        );
    END LOOP;
    RETURN array_to_string(array_remove(branches, NULL), ' UNION ALL ');
END
$$;
COMMENT ON FUNCTION atlas.membership_query() IS 'SQL text that reads every membership table the legacy side has; empty where it has none.';

CREATE FUNCTION atlas.memberships()
RETURNS TABLE (user_id text, organization_id text, role text, active boolean, extra jsonb)
LANGUAGE sql STABLE
AS 'SELECT NULL::text, NULL::text, NULL::text, NULL::boolean, NULL::jsonb WHERE false';

-- The query is kept as a function's text, not as a view over the legacy tables: a view would stop the old
-- application from altering or dropping the columns it reads. The function has no SET clause so that it is inlined
-- and a search for one user reaches the tables; every name in it is qualified.
CREATE FUNCTION atlas.rebuild_principals() RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    question text := atlas.membership_query();
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION atlas.memberships() '
        'RETURNS TABLE (user_id text, organization_id text, role text, active boolean, extra jsonb) '
        'LANGUAGE sql STABLE AS %L',
        CASE WHEN question = ''
            THEN 'SELECT NULL::text, NULL::text, NULL::text, NULL::boolean, NULL::jsonb WHERE false'
            ELSE question
        END
    );
    REVOKE ALL ON FUNCTION atlas.memberships() FROM PUBLIC;
    RETURN CASE WHEN question = '' THEN 0 ELSE (length(question) - length(replace(question, ' FROM ', ''))) / 6 END;
END
$$;
COMMENT ON FUNCTION atlas.rebuild_principals() IS
    'Looks again which membership tables exist; returns how many are read. Call it in expand and after legacy changes.';
COMMENT ON FUNCTION atlas.memberships() IS
    'Every membership the legacy tables hold, as written there; made by rebuild_principals. active NULL: cannot be turned off.';

CREATE VIEW atlas.principals AS
WITH valid AS (
    -- organization_staff.user_id is text and holds the word pending until somebody accepts.
    SELECT
        CASE WHEN atlas.is_uuid(m.user_id) THEN m.user_id::uuid END AS user_id,
        CASE WHEN atlas.is_uuid(m.organization_id) THEN m.organization_id::uuid END AS organization_id,
        m.role, m.active, m.extra
    FROM atlas.memberships() AS m
),
judged AS (
    SELECT v.*, bool_or(NOT v.active) OVER (PARTITION BY v.user_id, v.organization_id) AS turned_off
    FROM valid AS v
)
SELECT
    j.user_id,
    j.organization_id,
    (array_agg(j.role ORDER BY coalesce(array_position(
        ARRAY['owner', 'admin', 'manager', 'coach', 'trainer', 'staff', 'member'], j.role
    ), 99), j.role))[1] AS role,
    coalesce(array_agg(DISTINCT p.permission ORDER BY p.permission) FILTER (WHERE p.permission IS NOT NULL), '{}')
        AS permissions
FROM judged AS j
LEFT JOIN LATERAL (
    SELECT unnest(atlas.permissions_of(j.role)) AS permission
    UNION ALL
    SELECT given.permission
    FROM (VALUES
        ('workflow:create'), ('workflow:edit'), ('workflow:delete'), ('workflow:execute'), ('workflow:analytics'),
        ('template:manage')
    ) AS given (permission)
    WHERE (jsonb_typeof(j.extra) = 'array' AND j.extra ? given.permission) OR j.extra -> given.permission = 'true'
) AS p ON true
WHERE j.user_id IS NOT NULL AND j.organization_id IS NOT NULL
    AND (j.active IS NULL OR (j.active AND j.turned_off IS NOT TRUE))
GROUP BY j.user_id, j.organization_id;
COMMENT ON VIEW atlas.principals IS
    'One row per user and organization: strongest role and all permissions. A membership turned off anywhere ends the others, except ownership.';

CREATE FUNCTION atlas.act_as(acting_user uuid, acting_organization uuid) RETURNS text[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET row_security = off
AS $$
DECLARE
    standing record;
BEGIN
    SELECT p.role, p.permissions INTO standing
    FROM atlas.principals AS p
    WHERE p.user_id = acting_user AND p.organization_id = acting_organization;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'User % does not belong to organization %.', acting_user, acting_organization
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM set_config('atlas.organization_id', acting_organization::text, true),
        set_config('atlas.user_id', acting_user::text, true),
        set_config('atlas.user_role', coalesce(standing.role, ''), true),
        set_config('atlas.permissions', array_to_string(standing.permissions, ','), true);
    RETURN standing.permissions;
END
$$;
COMMENT ON FUNCTION atlas.act_as(uuid, uuid) IS
    'For the rest of the transaction: this user in this organization. Raises 42501 unless the membership tables say so.';

CREATE FUNCTION atlas.has_permission(permission text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
RETURN coalesce(
    has_permission.permission = ANY (string_to_array(current_setting('atlas.permissions', true), ',')), false
);
COMMENT ON FUNCTION atlas.has_permission(text) IS 'Whether act_as gave this transaction the permission.';

REVOKE ALL ON FUNCTION atlas.permissions_of(text), atlas.membership_branch(regclass, text, text, text),
    atlas.users_may_edit(regclass), atlas.membership_query(), atlas.memberships(), atlas.rebuild_principals(), atlas.act_as(uuid, uuid),
    atlas.has_permission(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION atlas.act_as(uuid, uuid), atlas.has_permission(text) TO atlas_app;
