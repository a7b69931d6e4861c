-- What messages say about an organization.
SELECT to_jsonb(o)::text FROM {table} AS o WHERE o.id::text = %(organization)s
