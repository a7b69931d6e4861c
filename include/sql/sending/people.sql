-- Every legacy row that is the same person as one of the subjects asked for, and the subjects themselves.
SELECT p.place, p.organization_id, p.subject_table, p.subject_id
FROM atlas.people_of(%(asked)s) AS p
