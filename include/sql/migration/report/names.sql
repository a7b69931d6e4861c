-- Names of the workflows, for people.
SELECT source_id, name
FROM atlas.workflows
WHERE source_id IS NOT NULL
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
