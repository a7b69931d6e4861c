-- Whether an index of a table leads with these two columns, so that rows which share them are found without reading all others;
-- what it merely includes leads nowhere.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_index AS known
    INNER JOIN pg_catalog.pg_class AS cls ON known.indexrelid = cls.oid
    INNER JOIN pg_catalog.pg_am AS method ON cls.relam = method.oid
    WHERE
        known.indrelid = %(table)s::regclass
        AND known.indnkeyatts >= 2 AND known.indisvalid AND known.indpred IS NULL AND method.amname = 'btree'
        AND ARRAY(
            SELECT att.attname::text
            FROM pg_catalog.pg_attribute AS att
            WHERE att.attrelid = known.indrelid AND att.attnum = ANY((known.indkey::smallint [])[0:1])
            ORDER BY att.attname COLLATE "C"
        ) = %(columns)s::text []
)
