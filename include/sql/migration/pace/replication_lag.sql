-- Seconds that the slowest replica lags behind; NULL without one, or where the role may not see it.
SELECT extract(EPOCH FROM max(replay_lag))::float8 FROM pg_stat_replication
