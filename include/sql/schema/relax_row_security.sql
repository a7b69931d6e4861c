-- Lets the owner of schema atlas pass row-level security by ownership (forced = false), or binds it again; audited.
SELECT atlas.force_row_security(%(forced)s, %(actor)s, %(reason)s)
