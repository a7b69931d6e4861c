-- Who has a draft open, as far as told of late.
SELECT p.caller, p.page, p.seen_at
FROM atlas.draft_presence AS p
WHERE p.organization_id = %(organization)s AND p.workflow_id = %(workflow)s
    AND p.seen_at >= clock_timestamp() - %(within)s::interval
ORDER BY p.caller, p.page
LIMIT 200
