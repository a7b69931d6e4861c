-- Moves the cursor of an audience on, in the transaction of the enrolments.
UPDATE atlas.audience_runs AS r
SET after_id = coalesce(%(after)s, r.after_id), matched = r.matched + %(matched)s, started = r.started + %(started)s,
    enrolled = r.enrolled + %(enrolled)s, refused = r.refused + %(refused)s, not_again = r.not_again + %(not_again)s,
    stopped = %(stopped)s, asked_all_at = CASE WHEN %(is_done)s THEN clock_timestamp() END
WHERE r.organization_id = %(organization)s AND r.id = %(run)s
