-- Keep the verdict on a workflow in place of an earlier one.
INSERT INTO atlas.shadow_workflows (
    organization_id, workflow_id, run_id, legacy_id, compared_at, source_hash, definition_hash, rules, engine, standing,
    executions, recorded, reproduced, assumed, causes, subjects, triggers, is_made_up, same, explained, unexplained,
    messages_before, messages_after
)
VALUES (
    %(organization_id)s, %(workflow_id)s, %(run_id)s, %(legacy_id)s, %(compared_at)s, %(source_hash)s,
    %(definition_hash)s, %(rules)s, %(engine)s, %(standing)s, %(executions)s, %(recorded)s, %(reproduced)s, %(assumed)s,
    %(causes)s, %(subjects)s, %(triggers)s, %(is_made_up)s, %(same)s, %(explained)s, %(unexplained)s,
    %(messages_before)s, %(messages_after)s
)
ON CONFLICT (organization_id, workflow_id) DO UPDATE
    SET
        run_id = excluded.run_id,
        legacy_id = excluded.legacy_id,
        compared_at = excluded.compared_at,
        source_hash = excluded.source_hash,
        definition_hash = excluded.definition_hash,
        rules = excluded.rules,
        engine = excluded.engine,
        standing = excluded.standing,
        executions = excluded.executions,
        recorded = excluded.recorded,
        reproduced = excluded.reproduced,
        assumed = excluded.assumed,
        causes = excluded.causes,
        subjects = excluded.subjects,
        triggers = excluded.triggers,
        is_made_up = excluded.is_made_up,
        same = excluded.same,
        explained = excluded.explained,
        unexplained = excluded.unexplained,
        messages_before = excluded.messages_before,
        messages_after = excluded.messages_after
