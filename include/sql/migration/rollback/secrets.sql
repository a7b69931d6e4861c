-- The sealed secrets that the phase took from source rows, or (phase NULL) that were entered here; {act} counts or deletes them.
{act} FROM atlas.secrets AS secret
WHERE
    secret.phase IS NOT DISTINCT FROM %(of_phase)s
    AND (%(organizations)s::text [] IS NULL OR secret.organization_id = any(%(organizations)s::uuid []))
