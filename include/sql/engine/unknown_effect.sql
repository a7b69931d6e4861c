-- One effect of which nobody can tell whether it arrived.
SELECT e.execution_id::text, e.kind, e.dispatches, e.given_up
FROM atlas.effects AS e
WHERE e.organization_id = %(organization)s AND e.effect_key = %(key)s AND e.status = 'unknown'
