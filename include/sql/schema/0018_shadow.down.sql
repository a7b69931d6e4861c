-- Removes what shadow runs found.
DROP TABLE IF EXISTS atlas.shadow_differences;
DROP TABLE IF EXISTS atlas.shadow_workflows;
