"""Executes a workflow, purely: explicit state in, state and planned effects out. Knows no node types, clock or database."""
