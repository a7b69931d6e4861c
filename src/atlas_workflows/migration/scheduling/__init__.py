"""Bringing an organization's schedules over: what stands, what becomes of it, ten instants before and after, and the switch."""
