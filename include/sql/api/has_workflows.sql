-- Whether the organization at hand has this workflow.
SELECT EXISTS (SELECT FROM atlas.workflows AS w WHERE w.id = %(id)s)
