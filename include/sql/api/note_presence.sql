-- Somebody has a draft open on a page. Whoever has not said so for a while is forgotten by the sweep: two who removed each
-- other's row here would wait for each other.
INSERT INTO atlas.draft_presence AS p (organization_id, workflow_id, caller, page, seen_at)
VALUES (%(organization)s, %(workflow)s, %(caller)s, %(page)s, clock_timestamp())
ON CONFLICT (workflow_id, caller, page) DO UPDATE SET seen_at = excluded.seen_at
