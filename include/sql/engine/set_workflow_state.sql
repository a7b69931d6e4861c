-- Changes a workflow's state and which of its versions is published.
UPDATE atlas.workflows
SET status = %(status)s, published_version = %(version)s
WHERE organization_id = %(organization)s AND id = %(workflow)s
