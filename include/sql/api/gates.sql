-- The checklist of a phase run.
SELECT i.item, i.status, i.detail, i.remedy, i.waived_by, i.waive_reason, i.checked_at
FROM atlas.checklist_items AS i
WHERE i.phase_run_id = %(run)s
ORDER BY i.item
