"""Makes a synthetic legacy gym CRM in any of its table shapes: tidy, messy or huge, the same for the same seed."""
