"""The web side: a FastAPI application with the list of phase runs, their reports and Data Docs."""
