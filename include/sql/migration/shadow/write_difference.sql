-- Keep one difference of a workflow.
INSERT INTO atlas.shadow_differences (
    organization_id, workflow_id, position, change, node_id, field, codes, times, before, after, example
)
VALUES (
    %(organization_id)s, %(workflow_id)s, %(position)s, %(change)s, %(node_id)s, %(field)s, %(codes)s, %(times)s,
    %(before)s, %(after)s, %(example)s
)
