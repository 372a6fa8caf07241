"""Use cases: what the service does with one hook call."""
