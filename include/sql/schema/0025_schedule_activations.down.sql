-- Removes what phase 4 found about schedules.
DROP TABLE IF EXISTS atlas.schedule_activations;
