-- The latest certificate of every organization, and the phase run that issued it.
SELECT DISTINCT ON (organization_id)
    organization_id::text, phase_run_id::text AS run_id, phase, issued_at
FROM atlas.certificates
WHERE (%(organizations)s::text[] IS NULL OR organization_id::text = ANY(%(organizations)s::text[]))
ORDER BY organization_id, issued_at DESC
