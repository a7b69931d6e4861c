-- Which old engine the shadow run held to have executed each workflow, where history kept steps that say so.
SELECT s.workflow_id::text, s.engine
FROM atlas.shadow_workflows AS s
WHERE s.workflow_id = any(%(workflows)s::uuid []) AND s.reproduced > 0
