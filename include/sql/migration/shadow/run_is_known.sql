-- Whether a run has stored a verdict that stands.
SELECT EXISTS (
    SELECT 1
    FROM atlas.shadow_workflows AS shadowed
    WHERE shadowed.run_id = %(run_id)s
)
