-- Writes down which variants splits showed; a step that is on record already stays as it was.
INSERT INTO atlas.exposures (
    organization_id, workflow_id, node_id, exposure_key, workflow_version, execution_id, subject, variant, shown_at
)
SELECT
    x.organization_id, x.workflow_id, x.node_id, x.exposure_key, x.workflow_version, x.execution_id, x.subject,
    x.variant, x.shown_at
FROM json_to_recordset(%(exposures)s) AS x (
    organization_id uuid, workflow_id uuid, node_id text, exposure_key text, workflow_version integer,
    execution_id uuid, subject text, variant text, shown_at timestamptz
)
ON CONFLICT DO NOTHING
