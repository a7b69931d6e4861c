-- Keeps what was sent to v1 beside the draft that it became.
INSERT INTO atlas.v1_documents (workflow_id, organization_id, of_draft, document, saved_at)
SELECT w.id, w.organization_id, md5(w.definition::text), %(document)s::json, %(now)s
FROM atlas.workflows AS w
WHERE w.organization_id = %(organization)s AND w.id = %(id)s
ON CONFLICT (workflow_id) DO UPDATE
    SET of_draft = excluded.of_draft, document = excluded.document, saved_at = excluded.saved_at
