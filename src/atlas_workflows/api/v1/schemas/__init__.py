"""What bodies and answers of v1 look like."""
