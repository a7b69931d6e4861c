"""Typed clients of the HTTP API, generated from its own OpenAPI document by well-known generators."""
