"""A phase run from admission to outcome: its record, its locks, and what a person does to it from outside."""
