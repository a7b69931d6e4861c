-- Puts a draft in its place: a workflow of its own, or the next revision of the one that is there.
INSERT INTO atlas.workflows AS w (id, organization_id, name, definition)
VALUES (%(workflow)s, %(organization)s, %(name)s, %(definition)s)
ON CONFLICT (id) DO UPDATE
    SET
        definition = excluded.definition, revision = w.revision + 1,
        status = CASE WHEN w.status = 'archived' THEN 'draft' ELSE w.status END
RETURNING revision
