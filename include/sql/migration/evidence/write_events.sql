-- Bring the counts of events to what the survey found.
INSERT INTO atlas.organization_events AS known (organization_id, kind, detail, events)
SELECT organization_id, kind, detail, events
FROM pg_temp.atlas_counted
ON CONFLICT (organization_id, kind, detail) DO UPDATE
    SET events = excluded.events
    WHERE known.events <> excluded.events
