"""The routes of v1, one file per resource; each exports ROUTER."""
