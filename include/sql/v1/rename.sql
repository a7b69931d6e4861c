-- The name, description and tags of a workflow as v1 was sent them.
UPDATE atlas.workflows AS w
SET name = %(name)s, description = %(description)s, tags = %(tags)s
WHERE w.organization_id = %(organization)s AND w.id = %(id)s
