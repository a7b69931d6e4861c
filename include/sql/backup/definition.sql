-- A table as every server version tells it alike: its columns in order, with what makes their values, and its parents.
SELECT
    coalesce(
        (
            SELECT pg_catalog.string_agg(
                pg_catalog.format(
                    '%%I %%s %%s %%s %%s %%s', att.attname, pg_catalog.format_type(att.atttypid, att.atttypmod),
                    att.attnotnull, att.attidentity, att.attgenerated, att.atthasdef
                ), '; ' ORDER BY att.attnum
            )
            FROM pg_catalog.pg_attribute AS att
            WHERE att.attrelid = cls.oid AND att.attnum > 0 AND NOT att.attisdropped
        ), ''
    ) || coalesce(
        (
            SELECT ' of ' || pg_catalog.string_agg(inh.inhparent::regclass::text, ', ' ORDER BY inh.inhseqno)
            FROM pg_catalog.pg_inherits AS inh
            WHERE inh.inhrelid = cls.oid
        ), ''
    ) AS definition
FROM pg_catalog.pg_class AS cls
WHERE cls.oid = to_regclass(%(table)s)
