-- Pages of workflows under the policies: COALESCE is nothing that a policy lets pass to an index, CASE is.
DROP INDEX atlas.workflows_by_age;
CREATE INDEX workflows_by_age ON atlas.workflows (
    organization_id,
    (CASE WHEN created_at IS NULL THEN TIMESTAMPTZ '1970-01-01 00:00:00+00' ELSE created_at END),
    id
);
