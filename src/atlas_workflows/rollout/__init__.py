"""Who gets what, when: feature flags per organization and cohorts of organizations."""
