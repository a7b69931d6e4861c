-- What actions wrote to the CRM, once per effect, with the values from before; and where to look for texts under way.

CREATE TABLE atlas.crm_writes (
    organization_id uuid NOT NULL CHECK (organization_id <> '00000000-0000-0000-0000-000000000000'),
    effect_key text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL,
    subject text NOT NULL,
    changes json NOT NULL DEFAULT '[]',
    result json,
    contact json,
    written_at timestamptz NOT NULL DEFAULT now(),
    undone_at timestamptz,
    undone_by text,
    PRIMARY KEY (organization_id, effect_key)
);
CREATE INDEX crm_writes_by_subject ON atlas.crm_writes (organization_id, subject, id);
COMMENT ON TABLE atlas.crm_writes IS
    'What effects wrote to the CRM''s own tables, in the transaction of the write: the same key is written once.';
COMMENT ON COLUMN atlas.crm_writes.changes IS
    '[{"table", "key", "operation", "before", "after"}]: enough to take every change back.';
COMMENT ON COLUMN atlas.crm_writes.result IS 'What the step was told; a repeat is told the same.';
COMMENT ON COLUMN atlas.crm_writes.contact IS 'What it changed about the subject; a repeat is told the same.';
COMMENT ON COLUMN atlas.crm_writes.undone_at IS 'When somebody took the changes back; NULL while they stand.';

CREATE INDEX effects_texts ON atlas.effects (organization_id, finished_at)
WHERE status = 'done' AND kind IN ('send_sms', 'send_whatsapp');

SELECT atlas.secure('atlas.crm_writes'::regclass);
GRANT SELECT ON atlas.crm_writes TO atlas_app;
