-- Note one finding of the checklist; a second look at the same item replaces the first.
INSERT INTO atlas.checklist_items AS checklist_items (
    phase_run_id, item, status, detail, remedy, waived_by, waive_reason, checked_at
) VALUES (
    %(run_id)s, %(item)s, %(status)s, %(detail)s, %(remedy)s, %(waived_by)s, %(waive_reason)s, %(at)s
)
ON CONFLICT (phase_run_id, item) DO UPDATE SET
    status = excluded.status,
    detail = excluded.detail,
    remedy = excluded.remedy,
    waived_by = excluded.waived_by,
    waive_reason = excluded.waive_reason,
    checked_at = excluded.checked_at
