-- Somebody has a draft open on a page; whoever has not said so for a while is forgotten.
WITH gone AS (
    DELETE FROM atlas.draft_presence AS p
    WHERE p.organization_id = %(organization)s AND p.workflow_id = %(workflow)s
        AND p.seen_at < clock_timestamp() - %(within)s::interval
        AND (p.caller, p.page) <> (%(caller)s::text, %(page)s::text)
)
INSERT INTO atlas.draft_presence AS p (organization_id, workflow_id, caller, page, seen_at)
VALUES (%(organization)s, %(workflow)s, %(caller)s, %(page)s, clock_timestamp())
ON CONFLICT (workflow_id, caller, page) DO UPDATE SET seen_at = excluded.seen_at
