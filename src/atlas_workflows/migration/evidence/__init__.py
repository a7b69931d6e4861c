"""The survey of what really happened: read once per phase run, stored, and shown beside what is configured."""
