-- Gives free places to executions that wait for one of their workflow's.
SELECT atlas.admit_executions(%(limit)s)
