"""Runs the validation suites of a phase: which queries and frames they get, where results are kept and shown."""
