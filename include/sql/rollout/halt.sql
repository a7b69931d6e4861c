-- Halts a rollout, or lets it go on where nobody is named. The first halt stands.
UPDATE atlas.rollouts
SET
    halted_at = CASE WHEN %(by)s::text IS NULL THEN NULL ELSE coalesce(halted_at, %(at)s) END,
    halted_by = CASE WHEN %(by)s::text IS NULL THEN NULL ELSE coalesce(halted_by, %(by)s) END,
    halt_reason = CASE WHEN %(by)s::text IS NULL THEN NULL ELSE coalesce(halt_reason, %(reason)s) END,
    changed_at = %(at)s
WHERE phase = %(phase)s
