-- Events of the window per organization.
SELECT organization_id::text, kind, detail, events
FROM atlas.organization_events
ORDER BY organization_id
