-- For people: the name of every workflow and who executes it; of what could not be migrated the original, unless it is sealed.
SELECT source_id, name, owner, NULL AS original
FROM atlas.workflows
WHERE source_table = 'workflows'
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
UNION ALL
SELECT kept.source_id, NULL AS name, NULL AS owner, kept.content AS original
FROM atlas.originals AS kept
LEFT JOIN atlas.workflows AS workflow
    ON kept.source_table = workflow.source_table AND kept.source_id = workflow.source_id
WHERE kept.source_table = 'workflows'
    AND kept.content IS NOT NULL
    AND workflow.id IS NULL
    AND (%(organizations)s::text[] IS NULL OR kept.organization_id::text = ANY(%(organizations)s::text[]))
