-- The index as it was.
DROP INDEX atlas.workflows_by_age;
CREATE INDEX workflows_by_age ON atlas.workflows (
    organization_id, (coalesce(created_at, TIMESTAMPTZ '1970-01-01 00:00:00+00')), id
);
