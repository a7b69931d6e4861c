-- One workflow of shape B as the builder opens it.
SELECT
    id::text, status, name, description,
    workflow_data -> 'nodes' AS nodes,
    workflow_data -> 'edges' AS edges,
    workflow_data -> 'variables' AS variables,
    settings,
    organization_id::text
FROM public.workflows WHERE id = %(id)s;
