-- Wakes workers that listen; the server sends one notice per transaction, however often this is asked.
SELECT pg_notify('atlas_work', '')
