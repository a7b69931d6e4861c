-- What the CRM calls each organization.
SELECT found.id::text AS organization, found.name::text AS name FROM {table} AS found
