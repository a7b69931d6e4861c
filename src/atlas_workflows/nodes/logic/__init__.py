"""What steers a workflow: decisions, waits, loops, branches, data. One file per type, exporting NODE."""
