"""Which rules a comparison goes by: verdicts of other rules do not count."""

# Raise it whenever re-enactment, foresight, comparison or explanation may find something else for the same workflow and the
# same history: the gate is shut until everything is compared again.
COMPARISON_RULES = 1
