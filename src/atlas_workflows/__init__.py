"""Atlas Workflows: moves a gym CRM to a node-based workflow system and runs it there."""
