-- Where the PL/pgSQL peer writes to.
CREATE SCHEMA bench;
CREATE TABLE bench.workflows (
    id uuid PRIMARY KEY,
    organization_id uuid,
    name text,
    definition jsonb
);
CREATE TABLE bench.workflow_triggers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    workflow_id uuid NOT NULL,
    organization_id uuid,
    trigger_type text,
    trigger_config jsonb
)
