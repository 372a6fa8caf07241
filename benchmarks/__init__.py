"""Benchmarks: measured ratios, never tests with a stop-watch."""
