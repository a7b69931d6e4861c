-- For how many organizations any phase still stands.
SELECT count(DISTINCT organization_id) FROM atlas.organization_phases WHERE status = 'applied'
