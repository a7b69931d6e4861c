-- Switches a workflow on or off, the way its owner does on the list page.
UPDATE public.workflows SET
    status = CASE WHEN status = 'active' THEN 'paused' ELSE 'active' END
WHERE id = %(id)s;
