-- When people last wrote by WhatsApp.
SELECT h.place, h.heard_at
FROM atlas.heard_from(%(people)s, %(since)s) AS h
