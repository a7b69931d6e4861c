"""What starts a legacy workflow, and the trigger it becomes."""
