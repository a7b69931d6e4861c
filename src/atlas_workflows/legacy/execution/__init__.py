"""Workflows in the old format, executed by our workers: the old engines' courses in the states, steps and effects of ours. Pure."""
