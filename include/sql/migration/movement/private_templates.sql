-- Templates that only their own organization may use.
SELECT
    template.id::text,
    template.organization_id::text
FROM public.workflow_templates AS template
WHERE template.organization_id IS NOT NULL AND template.is_public IS NOT TRUE
