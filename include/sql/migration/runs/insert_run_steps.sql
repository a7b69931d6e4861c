-- The steps a phase run will take, all still pending.
INSERT INTO atlas.phase_run_steps (phase_run_id, position, kind, status)
SELECT %(id)s, kinds.position, kinds.kind, 'pending'
FROM unnest(%(kinds)s::text[]) WITH ORDINALITY AS kinds (kind, position)
