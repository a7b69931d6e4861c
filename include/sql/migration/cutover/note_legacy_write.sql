-- Notes a value that we wrote to a legacy table. What stood there before our first write stays, until it was put back.
INSERT INTO atlas.legacy_writes AS kept (
    organization_id, source_table, source_id, column_name, kind, prior_value, written_value, phase, phase_run_id, actor,
    written_at
)
VALUES (
    %(organization)s, 'workflows', %(source_id)s, %(column_name)s, %(kind)s, %(prior_value)s, %(written)s, %(phase)s, %(run_id)s,
    %(actor)s, %(at)s
)
ON CONFLICT (organization_id, source_table, source_id, column_name) DO UPDATE
    SET kind = excluded.kind, written_value = excluded.written_value, phase = excluded.phase,
        phase_run_id = excluded.phase_run_id, actor = excluded.actor, written_at = excluded.written_at,
        prior_value = CASE
            WHEN kept.written_value IS NOT DISTINCT FROM excluded.prior_value AND (kept.restored_at IS NULL OR kept.kind <> 'switch')
                THEN kept.prior_value
            ELSE excluded.prior_value
        END,
        restored_at = NULL, found_value = NULL
