-- Counts of events that no longer occur within the window.
DELETE FROM atlas.organization_events AS known
WHERE NOT EXISTS (
        SELECT 1
        FROM pg_temp.atlas_counted AS found
        WHERE found.organization_id = known.organization_id AND found.kind = known.kind AND found.detail = known.detail
    )
