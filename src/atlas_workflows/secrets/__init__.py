"""Secrets: found, sealed at rest, masked wherever they would show, and sealed anew when keys rotate."""
