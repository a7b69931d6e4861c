"""The legacy tables: which shape they have, how they are read, whose rows they are, and what becomes of each."""
