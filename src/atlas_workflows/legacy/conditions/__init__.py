"""Legacy conditions, operators and fields as canonical ones, and what the old engines answered."""
