"""What is kept about every row: hashes, edits since, sign-offs and certificates."""
