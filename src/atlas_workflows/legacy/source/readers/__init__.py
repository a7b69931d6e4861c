"""One reader per shape: which columns say what, which side tables belong to a row, and the record they make."""
