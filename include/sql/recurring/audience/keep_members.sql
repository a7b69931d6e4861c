-- Keeps whom an audience found, with the queue's answer about each.
INSERT INTO atlas.audience_members (organization_id, run_id, subject, execution_id, answer)
SELECT %(organization)s::uuid, %(run)s::uuid, m.subject, m.execution_id, m.answer
FROM json_to_recordset(%(members)s) AS m (subject text, execution_id uuid, answer text)
