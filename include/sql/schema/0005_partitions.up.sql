-- Monthly partitions (UTC) of executions, steps and logs, made on demand before a backfill or by a daily job.

CREATE FUNCTION atlas.make_month_partition(parent regclass, key_column text, month date) RETURNS boolean
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    parent_name text := (SELECT c.relname FROM pg_class AS c WHERE c.oid = parent);
    child text := format('%s_%s', parent_name, to_char(month, 'YYYY_MM'));
    low timestamptz := month::timestamp AT TIME ZONE 'UTC';
    high timestamptz := (month + interval '1 month')::timestamp AT TIME ZONE 'UTC';
BEGIN
    IF to_regclass(format('atlas.%I', child)) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE atlas.%I (LIKE %s INCLUDING ALL EXCLUDING INDEXES)', child, parent);
    -- Rows that came before their month had a table wait in the default partition; ATTACH refuses while they do.
    EXECUTE format(
        'WITH moved AS (DELETE FROM atlas.%I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO atlas.%I SELECT * FROM moved',
        parent_name || '_default', key_column, low, key_column, high, child
    );
    EXECUTE format('ALTER TABLE %s ATTACH PARTITION atlas.%I FOR VALUES FROM (%L) TO (%L)', parent, child, low, high);
    PERFORM atlas.secure(format('atlas.%I', child)::regclass);
    IF NOT (SELECT c.relforcerowsecurity FROM pg_class AS c WHERE c.oid = parent) THEN
        EXECUTE format('ALTER TABLE atlas.%I NO FORCE ROW LEVEL SECURITY', child);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION atlas.make_month_partition(regclass, text, date) IS
    'Makes one month''s partition, moving its rows out of the default partition; false where it exists.';

CREATE FUNCTION atlas.ensure_month_partitions(table_name text, first_at timestamptz, last_at timestamptz) RETURNS integer
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET row_security = on
AS $$
DECLARE
    key_column text := CASE ensure_month_partitions.table_name
        WHEN 'workflow_executions' THEN 'started_at'
        WHEN 'workflow_execution_steps' THEN 'started_at'
        WHEN 'workflow_execution_logs' THEN 'logged_at'
    END;
    month date := date_trunc('month', first_at AT TIME ZONE 'UTC')::date;
    last_month date := date_trunc('month', last_at AT TIME ZONE 'UTC')::date;
    made integer := 0;
BEGIN
    IF key_column IS NULL THEN
        RAISE EXCEPTION 'atlas.% is not partitioned by month.', ensure_month_partitions.table_name
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF last_month > month + interval '50 years' THEN
        RAISE EXCEPTION 'From % to % is more than 50 years of partitions.', month, last_month
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Leave odd dates to the default partition.';
    END IF;
    -- Several workers may ask for the same months at once.
    PERFORM pg_advisory_xact_lock(hashtextextended('atlas.month_partitions', 0));
    PERFORM set_config('atlas.acting', 'migration', true);
    WHILE month <= last_month LOOP
        made := made + atlas.make_month_partition(
            format('atlas.%I', ensure_month_partitions.table_name)::regclass, key_column, month
        )::integer;
        month := (month + interval '1 month')::date;
    END LOOP;
    RETURN made;
END
$$;
COMMENT ON FUNCTION atlas.ensure_month_partitions(text, timestamptz, timestamptz) IS
    'Makes the missing monthly partitions (UTC) of a table from first_at to last_at, both included; returns how many were made.';
REVOKE ALL ON FUNCTION atlas.make_month_partition(regclass, text, date) FROM PUBLIC;
REVOKE ALL ON FUNCTION atlas.ensure_month_partitions(text, timestamptz, timestamptz) FROM PUBLIC;
