-- The phase no longer stands for these organizations.
UPDATE atlas.organization_phases
SET status = 'rolled_back'
WHERE phase = %(phase)s
    AND (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
