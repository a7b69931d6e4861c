"""The checklist before a migration: each item looks at one thing and says passed, failed or skipped, and what to do."""
