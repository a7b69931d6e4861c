-- Saves what the builder sent; the database trigger counts the edit and keeps the new content as a version.
UPDATE public.workflows SET
    name = %(name)s, description = %(description)s,
    workflow_data = jsonb_build_object(
        'nodes', %(nodes)s::jsonb, 'edges', %(edges)s::jsonb, 'variables', %(variables)s::jsonb
    )
WHERE id = %(id)s;
