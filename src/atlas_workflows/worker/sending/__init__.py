"""Whether a message may go now: consent, sessions, hours, caps. Pure; whoever holds the facts asks just before the call."""
