-- Workflows of an organization as lists of them meet: made one after the other, every ninth by an import that knew no time,
-- every tenth of the others together with the one before.
INSERT INTO atlas.workflows (organization_id, name, description, definition, owner, status, published_version, created_at)
SELECT
    %(organization)s, 'Workflow ' || n, 'Number ' || n, '{"triggers": [], "nodes": [], "edges": []}', 'atlas_enhanced', 'active', 1,
    CASE WHEN mod(n, 9) > 0 THEN TIMESTAMPTZ '2026-01-01 00:00:00+00' + (n - mod(n, 10) / 9) * interval '1 min' END
FROM generate_series(1, %(many)s::integer) AS n
