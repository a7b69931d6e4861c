-- Whether a policy could hide rows of any of these tables from this session.
SELECT bool_or(row_security_active(name)) FROM unnest(%(tables)s::text []) AS given (name)
