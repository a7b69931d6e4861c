-- The phase stands for these organizations from now on. Only uuids have a place there, in any form that uuid takes.
INSERT INTO atlas.organization_phases (organization_id, phase, status, phase_run_id, applied_at)
SELECT given::uuid, %(phase)s, 'applied', %(run_id)s, %(at)s
FROM unnest(%(organizations)s::text[]) AS given
WHERE given ~* '^[0-9a-f]{4}(-?[0-9a-f]{4}){7}$'
ON CONFLICT (organization_id, phase) DO UPDATE
    SET status = 'applied', phase_run_id = excluded.phase_run_id, applied_at = excluded.applied_at
    WHERE organization_phases.status <> 'applied'
