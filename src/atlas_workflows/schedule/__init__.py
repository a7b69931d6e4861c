"""When a workflow fires and how long it waits: pure, without a clock of its own."""
