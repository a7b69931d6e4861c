-- The sealed secrets with these ids (ids that are no UUID match none).
SELECT
    id::text,
    organization_id::text,
    sealed
FROM atlas.secrets
WHERE id::text = any(%(ids)s::text [])
    -- A connector's credential opens by no reference, so that a secret made one would be lost.
    AND connector IS NULL
