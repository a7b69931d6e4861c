-- For how many organizations the phase still stands.
SELECT count(*) FROM atlas.organization_phases WHERE phase = %(phase)s AND status = 'applied'
