-- Sets the status of workflows whose executor begins or ends to be that of the old format; nobody edited them.
UPDATE atlas.workflows AS w
SET status = %(status)s, updated_at = w.updated_at
WHERE w.id = %(workflow)s AND w.organization_id = %(organization)s AND w.status <> %(status)s
