"""The workflow format: model, parse, validate, plan. Pure."""
