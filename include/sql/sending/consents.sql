-- What every source says now about the consent of people.
SELECT c.place, c.channel, c.granted, c.basis, c.effective_at
FROM atlas.consents_of(%(people)s) AS c
ORDER BY c.place, c.granted, c.effective_at, c.channel, c.basis
