-- The time zone that the CRM has of an organization.
SELECT found.timezone::text AS timezone
FROM {table} AS found
WHERE found.id::text = %(organization)s
