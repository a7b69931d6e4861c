-- The workflows that the old application's door for new leads finds: on, and the column names the event letter by letter.
SELECT id::text FROM public.workflows
WHERE status = 'active' AND trigger_type = 'lead_created' AND organization_id::text = %(organization_id)s
ORDER BY id;
