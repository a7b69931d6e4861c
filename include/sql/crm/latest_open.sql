-- A person's latest opportunity that is neither won nor lost, locked; where no status is kept every one is open.
SELECT to_jsonb(found)::text AS opportunity
FROM {table} AS found
WHERE
    {link} = %(key)s::{kind}
    AND {organization} = %(organization)s
    AND coalesce(lower(to_jsonb(found) ->> 'status'), 'open') NOT IN ('won', 'lost', 'closed', 'abandoned')
ORDER BY to_jsonb(found) ->> 'created_at' DESC, found.id DESC
LIMIT 1
FOR UPDATE OF found
