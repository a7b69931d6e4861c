"""Rules on one side: suites as JSON, run by Great Expectations on tables and on translated batches."""
