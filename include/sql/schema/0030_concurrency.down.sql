-- Takes the limit on executions at once back; what waits for a place may begin.
DROP FUNCTION IF EXISTS atlas.admit_executions(integer);
DROP FUNCTION IF EXISTS atlas.places_free(uuid, uuid, integer);
DROP INDEX IF EXISTS atlas.workflow_execution_queue_counted;
DROP INDEX IF EXISTS atlas.workflow_execution_queue_waiting;
ALTER TABLE atlas.workflow_execution_queue
    DROP CONSTRAINT IF EXISTS workflow_execution_queue_admitted,
    DROP CONSTRAINT workflow_execution_queue_waits_for_check;
-- The owner passes the forced policies only while it says that it migrates.
SELECT set_config('row_security', 'on', true), set_config('atlas.acting', 'migration', true);
UPDATE atlas.workflow_execution_queue SET ready = true, waits_for = NULL WHERE waits_for = 'concurrency';
UPDATE atlas.workflow_execution_queue SET again = true WHERE waits_for = 'workflow_paused' AND NOT admitted;
SELECT set_config('row_security', 'off', true), set_config('atlas.acting', '', true);
ALTER TABLE atlas.workflow_execution_queue
    ADD CONSTRAINT workflow_execution_queue_waits_for_check CHECK (waits_for IN ('workflow_paused', 'rate_limit')),
    DROP COLUMN IF EXISTS admitted,
    DROP COLUMN IF EXISTS counted_for;
ALTER TABLE atlas.workflows DROP COLUMN IF EXISTS at_once;
COMMENT ON COLUMN atlas.workflow_execution_queue.waits_for IS
    'What holds it back: its workflow is paused, or a limit lets it begin at due_at; NULL for nothing.';
