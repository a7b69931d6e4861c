-- Notes which row of a legacy table changed, for every role that writes; {function} and {key} are identifiers.
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger
LANGUAGE plpgsql
SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO atlas.captured_changes (source_table, source_id, operation) VALUES (TG_TABLE_NAME, '', 'T');
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO atlas.captured_changes (source_table, source_id, operation)
        VALUES (TG_TABLE_NAME, OLD.{key}::text, left(TG_OP, 1));
    END IF;
    IF TG_OP = 'INSERT' OR (TG_OP = 'UPDATE' AND NEW.{key} IS DISTINCT FROM OLD.{key}) THEN
        INSERT INTO atlas.captured_changes (source_table, source_id, operation)
        VALUES (TG_TABLE_NAME, NEW.{key}::text, left(TG_OP, 1));
    END IF;
    RETURN NULL;
END
$$
