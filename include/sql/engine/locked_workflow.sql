-- A workflow as it stands, locked until its state has been changed.
SELECT
    w.id::text AS id, w.organization_id::text AS organization, w.name, w.status, w.owner, w.revision,
    w.published_version, w.awaiting_sign_off, w.definition::text AS definition
FROM atlas.workflows AS w
WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s
FOR UPDATE
