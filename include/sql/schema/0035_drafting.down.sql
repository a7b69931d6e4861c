-- Forgets earlier states of drafts and who edits them; drafts stay as they are.

DROP INDEX atlas.workflow_executions_by_transaction;
ALTER TABLE atlas.workflow_executions DROP COLUMN started_by, DROP COLUMN ended_by;
DROP TRIGGER forget_drafts ON atlas.workflows;
DROP FUNCTION atlas.forget_drafts();
DROP TRIGGER keep_draft_revision ON atlas.workflows;
DROP FUNCTION atlas.keep_draft_revision();
DROP TABLE atlas.draft_presence, atlas.draft_revisions;
