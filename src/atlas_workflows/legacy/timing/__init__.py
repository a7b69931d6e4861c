"""Legacy waits, schedules and time zones as canonical ones."""
