-- Keep whole what was born here and not migrated, before a rollback removes it; {table} and {key} are identifiers.
INSERT INTO atlas.archive (organization_id, table_name, row_id, "row", reason, phase_run_id, archived_at)
SELECT born.organization_id, %(table_name)s, born.{key}::text, to_jsonb(born), 'born after the migration', %(run_id)s, %(at)s
FROM {table} AS born
WHERE born.source_id IS NULL
    AND (%(organizations)s::text[] IS NULL OR born.organization_id::text = ANY(%(organizations)s::text[]))
