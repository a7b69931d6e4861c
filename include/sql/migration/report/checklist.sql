-- The checklist of a phase run.
SELECT item, status, detail, remedy, waived_by, waive_reason
FROM atlas.checklist_items
WHERE phase_run_id = %(id)s
ORDER BY item
