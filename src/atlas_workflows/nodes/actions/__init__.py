"""What a workflow can do: send, change the CRM, call others. One file per type, exporting NODE."""
