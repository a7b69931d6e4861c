"""What really goes out, one file per effect kind (or per kinds that go out the same way)."""
