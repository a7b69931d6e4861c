"""What can start a workflow. One file per type, exporting NODE."""
