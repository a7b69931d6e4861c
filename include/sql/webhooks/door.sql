-- The endpoint that an address names, with its secrets sealed.
SELECT
    d.id::text AS id, d.organization_id::text AS organization, d.endpoint_id, d.scheme, d.manner::text AS manner,
    d.verify_signature AS verifies, d.rate_limit, d.is_open, d.sealed, d.previous_sealed,
    extract(EPOCH FROM d.previous_until)::double precision AS previous_until, d.asked::text AS asked
FROM atlas.webhook_door(%(endpoint)s) AS d
