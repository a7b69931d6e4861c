-- Every sealed secret that a migration took out of a legacy row, with its organization.
SELECT
    id::text,
    organization_id::text,
    sealed
FROM atlas.secrets
WHERE
    phase IS NOT NULL
    AND (%(organizations)s::uuid [] IS NULL OR organization_id = any(%(organizations)s::uuid []))
