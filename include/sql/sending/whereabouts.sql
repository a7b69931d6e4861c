-- What tells in which time zone people are.
SELECT w.place, w.source, w.value
FROM atlas.whereabouts_of(%(people)s) AS w
