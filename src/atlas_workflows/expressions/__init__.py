"""PURE: conditions, `{{ }}` templates and formulas over a scope of JSON values. No eval, no clock, bounded time."""
