-- What a survey of the history found about the organizations; {act} counts or deletes it, {table} is an identifier.
{act} FROM {table} AS surveyed
WHERE (%(organizations)s::text [] IS NULL OR surveyed.organization_id = any(%(organizations)s::uuid []))
