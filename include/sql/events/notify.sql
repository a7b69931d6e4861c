-- Wakes the workers that handle events.
SELECT atlas.announce_events()
