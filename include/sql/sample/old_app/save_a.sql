-- Saves what the builder sent. The trigger arrives in other letters than the API reads, so it is reset as ever.
UPDATE public.workflows SET
    name = %(name)s, description = %(description)s, nodes = %(nodes)s, edges = %(edges)s,
    variables = %(variables)s, trigger_config = '{}'
WHERE id = %(id)s;
