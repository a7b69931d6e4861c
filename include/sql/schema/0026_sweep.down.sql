-- Removes how recurring schedules stand; a schedule that the sweep started has none until the next upgrade.
DROP TABLE IF EXISTS atlas.recurring_pauses;
DROP TABLE IF EXISTS atlas.recurring_occurrences;
DROP TABLE IF EXISTS atlas.recurring_schedules;
