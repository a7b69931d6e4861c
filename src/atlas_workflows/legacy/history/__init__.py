"""Everything beside the workflows themselves: executions, steps, versions, templates, registered triggers and the rest."""
