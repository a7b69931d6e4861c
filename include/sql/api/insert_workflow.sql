-- A workflow that is born here: a draft, executed by the engine once it is published.
INSERT INTO atlas.workflows (id, organization_id, name, description, tags, definition, owner)
VALUES (
    %(id)s, %(organization)s, %(name)s, %(description)s, %(tags)s, %(definition)s::jsonb, 'atlas_enhanced'
)
