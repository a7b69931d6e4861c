-- Which phase sealed a secret, so that a rollback of one phase leaves the secrets of another.

-- A default that is there from the start fills the rows that exist without rewriting them; they are all of phase 1.
ALTER TABLE atlas.secrets ADD COLUMN phase text DEFAULT 'p1_database';
ALTER TABLE atlas.secrets ALTER COLUMN phase DROP DEFAULT;
COMMENT ON COLUMN atlas.secrets.phase IS 'The phase that found it in a legacy row; NULL for a secret that was entered here.';
