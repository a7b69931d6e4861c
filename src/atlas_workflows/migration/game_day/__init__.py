"""A rehearsed cutover on a restored copy: live events, killed workers, a slow provider, the way back, and what it came to."""
