-- Notes which row of a legacy table changed, for every role that writes; {function} and {key} are identifiers. The
-- trigger's argument is the table it stands for: a partition and a child have names of their own, which nobody looks up.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    noted constant text := coalesce(TG_ARGV[0], TG_TABLE_NAME);
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO atlas.captured_changes (source_table, source_id, operation) VALUES (noted, '', 'T');
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO atlas.captured_changes (source_table, source_id, operation)
        VALUES (noted, OLD.{key}::text, left(TG_OP, 1));
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.{key} IS DISTINCT FROM OLD.{key}) THEN
        INSERT INTO atlas.captured_changes (source_table, source_id, operation)
        VALUES (noted, NEW.{key}::text, left(TG_OP, 1));
    END IF;
    RETURN NULL;
END
$$
