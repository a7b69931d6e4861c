-- Whether the organization has this workflow.
SELECT EXISTS (SELECT FROM atlas.workflows AS w WHERE w.organization_id = %(organization)s AND w.id = %(workflow)s)
