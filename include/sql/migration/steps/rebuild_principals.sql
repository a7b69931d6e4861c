-- Look again which membership tables the legacy side has.
SELECT atlas.rebuild_principals()
