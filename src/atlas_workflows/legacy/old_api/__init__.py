"""Workflows as the old application's HTTP API speaks of them: read into a definition, and written from one. Pure."""
